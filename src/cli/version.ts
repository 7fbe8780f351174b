/** The version of this program: that of package.json. */
export const version = '0.1.0';
