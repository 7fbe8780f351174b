// How the demo looks: plain text that reads well in a file, with colour on a terminal.

const codes = { bold: 1, dim: 2, red: 31, green: 32, cyan: 36 };

export class Display {
  #out;
  #colours;
  #pending = [];
  #count = 0;

  constructor(out) {
    this.#out = out;
    this.#colours = out.isTTY === true && !process.env.NO_COLOR;
  }

  #paint(style, text) {
    return this.#colours ? `\u001b[${codes[style]}m${text}\u001b[0m` : text;
  }

  #line(text = '') {
    this.#out.write(`${text}\n`);
  }

  title(text) {
    this.#line(`\n  ${this.#paint('bold', text)}\n`);
  }

  /** Does the work, then says that it is done and how long it took, then whatever the work had to tell. */
  async step(what, work) {
    const started = performance.now();
    this.#count += 1;
    const number = this.#count;
    try {
      const result = await work();
      this.#headline('green', '✔', number, what, performance.now() - started);
      return result;
    } catch (error) {
      this.#headline('red', '✘', number, what, performance.now() - started);
      throw error;
    } finally {
      for (const line of this.#pending.splice(0)) this.#line(line);
    }
  }

  #headline(colour, mark, number, what, ms) {
    const time = ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
    this.#line(`  ${this.#paint(colour, mark)} ${number}. ${what.padEnd(48)}${this.#paint('dim', time.padStart(8))}`);
  }

  command(program, args) {
    const words = args.map((word) => (/[\s]/.test(word) ? `'${word}'` : word));
    const lines = [`$ ${program}`];
    for (const word of words) {
      if (lines.at(-1).length + word.length > 80) lines.push(' ');
      lines.push(`${lines.pop()} ${word}`);
    }
    const text = lines.join(' \\\n');
    for (const line of text.split('\n')) this.#pending.push(`       ${this.#paint('cyan', line)}`);
  }

  quote(text) {
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    for (const line of lines) this.#pending.push(`       ${this.#paint('dim', '│')} ${line}`);
  }

  note(text) {
    this.#line(`       ${this.#paint('dim', text)}`);
  }

  /** One line a file; the folders of `folded` have one line each, with what is said of them there. */
  tree(title, files, folded = {}) {
    const isFolded = ({ path }) => Object.keys(folded).some((folder) => path.startsWith(folder));
    const shown = files.filter((file) => !isFolded(file)).sort((a, b) => a.path.localeCompare(b.path));
    const rows = [
      ...shown.map(({ path, mode, size }) => [
        path,
        `${mode.toString(8).padStart(4, '0')}  ${String(size).padStart(5)} octets`,
      ]),
      ...Object.entries(folded),
    ];
    const width = Math.max(...rows.map(([path]) => path.length));
    this.#line(`\n  ${this.#paint('bold', title)}`);
    for (const [path, facts] of rows) this.#line(`    ${path.padEnd(width)}   ${this.#paint('dim', facts)}`);
  }

  certificate(certificate) {
    const days = Math.round((Date.parse(certificate.validTo) - Date.parse(certificate.validFrom)) / 86_400_000);
    const { asymmetricKeyType, asymmetricKeyDetails } = certificate.publicKey;
    const rows = {
      Names: certificate.subjectAltName?.replaceAll('DNS:', '') ?? '',
      Issuer: certificate.issuer.split('\n').join(', '),
      Valid: `${certificate.validFrom} – ${certificate.validTo} (${days} days)`,
      Key: [asymmetricKeyType, asymmetricKeyDetails?.namedCurve ?? asymmetricKeyDetails?.modulusLength].join(' '),
      Serial: certificate.serialNumber.toLowerCase(),
      'SHA-256': certificate.fingerprint256,
    };
    this.#line(`\n  ${this.#paint('bold', 'The certificate')}`);
    for (const [name, value] of Object.entries(rows)) this.#line(`    ${this.#paint('dim', name.padEnd(9))}${value}`);
  }

  done(text) {
    this.#line(`\n  ${this.#paint('green', text)}`);
  }

  hint(text) {
    this.#line(`  ${this.#paint('dim', `Try: ${text}`)}\n`);
  }

  failure(text) {
    this.#line(`\n  ${this.#paint('red', text)}\n`);
  }
}
