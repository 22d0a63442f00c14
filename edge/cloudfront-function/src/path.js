// A path has one form, or is refused.
import { refuse } from './refusal.js';

export function checkPath(uri) {
    if (uri[0] !== '/') {
        throw refuse('begin');
    }
    if (!/^[\w/\-.~!$&'()*+,:=@]*$/.test(uri)) {
        throw refuse('plain');
    }
    if (/\/\/|.\/$/.test(uri)) {
        throw refuse('empty');
    }
    if (/\/\.\.?(\/|$)/.test(uri)) {
        throw refuse('dots');
    }
}
