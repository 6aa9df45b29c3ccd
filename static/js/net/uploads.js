// Sends a file, and tells how far it is: `fetch` cannot say.

import { RequestError } from "./requests.js";

const NO_ANSWER = 0;

/**
 * @param {object} errand
 * @param {string} errand.address
 * @param {File} errand.file
 * @param {string} errand.token against requests of other sites
 * @param {(part: number) => void} errand.onProgress from 0 to 1
 * @param {AbortSignal} errand.signal
 * @param {typeof XMLHttpRequest} errand.XMLHttpRequest
 * @returns {Promise<object>} what the message will hold of it; rejects with a RequestError
 */
export function uploadFile({ address, file, token, onProgress, signal, XMLHttpRequest }) {
  const request = new XMLHttpRequest();
  const form = new FormData();
  form.append("file", file, file.name);
  return new Promise((resolve, reject) => {
    const fail = (status, detail, seconds) =>
      reject(Object.assign(new RequestError(status, detail), { retryAfter: seconds }));
    request.open("POST", address);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRFToken", token);
    request.responseType = "text";
    request.upload.onprogress = ({ loaded, total }) => total && onProgress(loaded / total);
    request.onload = () => {
      const answer = parsed(request.responseText);
      if (request.status === 201 && answer) resolve(answer);
      else fail(request.status, answer?.detail ?? "", answer?.retry_after);
    };
    for (const type of ["onerror", "ontimeout", "onabort"]) request[type] = () => fail(NO_ANSWER, "");
    signal.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
