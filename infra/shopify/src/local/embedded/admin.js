// The admin around the app's page: gives it ID tokens of the person who is signed in.
const frame = document.querySelector('iframe');
const app = new URL(frame.src).origin;

window.addEventListener('message', async ({ source, origin, data }) => {
    if (source !== frame.contentWindow || origin !== app || data?.type !== 'id-token') {
        return;
    }
    const path = `/_shopify/app/token?staff=${encodeURIComponent(frame.dataset.staff)}`;
    const answer = await fetch(path, { method: 'POST' });
    const { token } = await answer.json();
    source.postMessage({ id: data.id, token }, app);
});
