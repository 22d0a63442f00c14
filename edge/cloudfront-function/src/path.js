// A path has one form, or is rejected (path.rs).
import { reject } from './rejection.js';

export function checkPath(uri) {
    if (uri[0] !== '/') {
        throw reject('begin');
    }
    if (!/^[\w/\-.~!$&'()*+,:=@]*$/.test(uri)) {
        throw reject('plain');
    }
    if (/\/\/|.\/$/.test(uri)) {
        throw reject('empty');
    }
    if (/\/\.\.?(\/|$)/.test(uri)) {
        throw reject('dots');
    }
}
