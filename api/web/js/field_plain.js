// The field page works without script; with it, the phone can fill in where it is.

const button = document.getElementById("locate");
const words = button.textContent;

function place(position) {
  const form = button.form;
  form.elements.lon.value = position.coords.longitude.toFixed(6);
  form.elements.lat.value = position.coords.latitude.toFixed(6);
  done(words);
}

function done(sentence) {
  button.disabled = false;
  button.textContent = sentence;
}

button.hidden = !("geolocation" in navigator);
button.addEventListener("click", () => {
  button.disabled = true;
  button.textContent = button.dataset.busy;
  navigator.geolocation.getCurrentPosition(place, () => done(button.dataset.failed), { enableHighAccuracy: true, timeout: 20000 });
});
