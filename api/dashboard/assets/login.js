// A one-time link carries its secret behind `#`, where no server sees it. It is taken out of the address before it is sent.

const secret = /^#once=([\w-]{43})$/.exec(location.hash)?.[1];
const form = document.querySelector('#once');
if (secret !== undefined && form instanceof HTMLFormElement) {
  history.replaceState(null, '', location.pathname + location.search);
  const field = form.elements.namedItem('secret');
  if (field instanceof HTMLInputElement) {
    field.value = secret;
    form.submit();
  }
}
