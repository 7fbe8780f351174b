/** DNS messages on the wire. */
export { rcodeCode, rcodeOf, typeCode, typeName } from './codes.ts';
export { decodeMessage } from './decode.ts';
export { encodeMessage, newMessage } from './encode.ts';
export { textOfTxt, txtStrings } from './txt.ts';
