// The Rust function behind plain calls: one WebAssembly instance, and another when it has trapped.

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });
const instantiate = (module) => new WebAssembly.Instance(module).exports;

export class Verdicts {
    #module;
    #instantiate;
    #configuration;
    #exports;

    constructor(module, instantiated = instantiate) {
        this.#module = module;
        this.#instantiate = instantiated;
    }

    // Puts a configuration in force. A rejected one throws, and changes nothing.
    configure(configuration) {
        const exports = this.#configured(configuration);
        this.#configuration = configuration;
        this.#exports = exports;
    }

    // The verdict on an event. Throws if it fails; then the request must not be forwarded.
    decide(event, now_unix_s) {
        const text = JSON.stringify(event) ?? '';
        const exports = (this.#exports ??= this.#configured(this.#configuration));
        // Until it has answered it may have trapped, and its memory is undefined.
        this.#exports = undefined;
        const isVerdict = call(exports, text, () => exports.handle(BigInt(now_unix_s)));
        const result = output(exports);
        this.#exports = exports;
        if (!isVerdict) {
            throw new Error(`no verdict: ${result}`);
        }
        return JSON.parse(result);
    }

    #configured(configuration) {
        const exports = this.#instantiate(this.#module);
        if (!call(exports, configuration, exports.configure)) {
            throw new Error(`the configuration is rejected: ${output(exports)}`);
        }
        return exports;
    }
}

function call(exports, text, run) {
    const bytes = encoder.encode(text);
    const at = exports.input(bytes.length);
    if (at === 0) {
        throw new Error(`an input of ${bytes.length} bytes is too long`);
    }
    // A new view each time: growing the memory detaches earlier views.
    new Uint8Array(exports.memory.buffer, at, bytes.length).set(bytes);
    return run() === 1;
}

function output({ memory, output, output_bytes }) {
    return decoder.decode(new Uint8Array(memory.buffer, output(), output_bytes()));
}
