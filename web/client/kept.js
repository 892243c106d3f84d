// What is kept in this browser for who is signed in, and for nobody else.

let person = "";

/** @param {string} now "nordwind/anna"; "": nobody */
export const keepFor = (now) => void (person = now);

/** The name under which it is kept. @param {string} name */
export const keptName = (name) => `${name} ${person}`;
