// The page of one's own account, which works without it, beside what rooms.js does.

const field = document.querySelector("#portrait-file");
const face = document.querySelector(".portrait__face");

const before = [...face.childNodes];

field.addEventListener("change", () => {
  const [file] = field.files;
  face.replaceChildren(...before);
  // What is too large is not sent for minutes to be refused then.
  const isTooLarge = file?.size > Number(field.dataset.most);
  field.setCustomValidity(isTooLarge ? field.dataset.tooLarge : "");
  field.reportValidity();
  if (file && !isTooLarge) preview(file);
});

/** As it will be seen: the middle, in the place of the picture. */
async function preview(file) {
  const image = new Image();
  image.alt = "";
  image.className = "avatar__picture";
  image.src = URL.createObjectURL(file);
  // What the browser cannot show may be what the server refuses: that is for the server to say.
  const isShown = await image.decode().then(() => true, () => false);
  URL.revokeObjectURL(image.src);
  if (isShown && field.files[0] === file) face.append(image);
}
