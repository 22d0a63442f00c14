// The part of Shopify's App Bridge that a page in the admin needs. As there, the frame around the
// page answers; Shopify's own is closed source.
(() => {
    if (window.top === window.self) {
        return;
    }
    const admin = new URL(document.currentScript.src).origin;
    const waiting = new Map();
    let last = 0;
    window.addEventListener('message', ({ source, origin, data }) => {
        const resolve = waiting.get(data?.id);
        if (source === window.parent && origin === admin && resolve) {
            waiting.delete(data.id);
            resolve(data.token);
        }
    });
    window.shopify = {
        idToken: () =>
            new Promise((resolve) => {
                last += 1;
                waiting.set(last, resolve);
                window.parent.postMessage({ type: 'id-token', id: last }, admin);
            }),
    };
})();
