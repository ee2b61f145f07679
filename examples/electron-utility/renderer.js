/* global document, window */
window.chat.onMessage((text) => {
  const item = document.createElement('li');
  item.textContent = text;
  document.querySelector('#messages').append(item);
});
document.querySelector('form').onsubmit = (event) => {
  event.preventDefault();
  const input = document.querySelector('input');
  window.chat.send(input.value);
  input.value = '';
};
