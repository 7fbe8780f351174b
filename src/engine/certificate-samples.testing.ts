/**
 * Certificates to store in tests: made once with openssl, valid in 2026, with keys that guard nothing. The facts are
 * openssl's, not ours.
 */
import { type Identifier, Secret } from '../core/index.ts';
import type { CertificateFacts, CertificateVersion, RequestRecord } from './stores.ts';

export const sampleIssuer = `-----BEGIN CERTIFICATE-----
MIIBozCCAUmgAwIBAgIJAIoBAgMEBQYHMAoGCCqGSM49BAMCMDUxFjAUBgNVBAoM
DUV4YW1wbGUgVHJ1c3QxGzAZBgNVBAMMEkV4YW1wbGUgSXNzdWluZyBDQTAeFw0y
NjAxMDEwMDAwMDBaFw00NjAxMDEwMDAwMDBaMDUxFjAUBgNVBAoMDUV4YW1wbGUg
VHJ1c3QxGzAZBgNVBAMMEkV4YW1wbGUgSXNzdWluZyBDQTBZMBMGByqGSM49AgEG
CCqGSM49AwEHA0IABJZJPcirL+IcsGN90JA7/rtv6WIfub0Lb53Vq7pTxSxI3TPF
T5Vsnss2o82EAsjJeDN+FPQOHFbOZOC1YEeMGK2jQjBAMA8GA1UdEwEB/wQFMAMB
Af8wHQYDVR0OBBYEFAAnywFTr8l8wzoH8pUdT4TRysqSMA4GA1UdDwEB/wQEAwIB
BjAKBggqhkjOPQQDAgNIADBFAiEAuAUgjlW+BtkQqzDLshDlLh+rIHHe67wWX2vL
uco5lZ0CIHewubxYkMr9/VSvDyLWXI96bJ3zlrsQ2DAUoZ5UL7MO
-----END CERTIFICATE-----
`;

export const firstLeaf = `-----BEGIN CERTIFICATE-----
MIIB5zCCAYygAwIBAgIJAIoBAgMEBQYHMAoGCCqGSM49BAMCMDUxFjAUBgNVBAoM
DUV4YW1wbGUgVHJ1c3QxGzAZBgNVBAMMEkV4YW1wbGUgSXNzdWluZyBDQTAeFw0y
NjA2MDEwMDAwMDBaFw0yNjA4MzAwMDAwMDBaMBoxGDAWBgNVBAMMD3d3dy5leGFt
cGxlLmNvbTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABPX7/XpkGHI9PScqEhuf
4FNdeZXb31sWRto0+Dj3wXzJl1mKiG+ucANlK73F29F/mvtc5fdwqXMQGmr+pVvj
QaejgZ8wgZwwJwYDVR0RBCAwHoIPd3d3LmV4YW1wbGUuY29tggtleGFtcGxlLmNv
bTAfBgNVHSMEGDAWgBQAJ8sBU6/JfMM6B/KVHU+E0crKkjAdBgNVHQ4EFgQUKcgX
GJ214Qew/5QoB0+FUuxzw+IwDAYDVR0TAQH/BAIwADAOBgNVHQ8BAf8EBAMCB4Aw
EwYDVR0lBAwwCgYIKwYBBQUHAwEwCgYIKoZIzj0EAwIDSQAwRgIhAIMGIdSTxcGu
fqnLbju7EFCOH/XAXVkgiKgnyJWc9A9uAiEApDZHtbCqDSt8P9AyAqX8/gjiwHkd
dRcgdO/vZF/xQc8=
-----END CERTIFICATE-----
`;

export const firstKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgQgfHeDI7oVzxekio
xaL9CCKNGOhJ3hYlhqEFhMIpw8ehRANCAAT1+/16ZBhyPT0nKhIbn+BTXXmV299b
FkbaNPg498F8yZdZiohvrnADZSu9xdvRf5r7XOX3cKlzEBpq/qVb40Gn
-----END PRIVATE KEY-----
`;

export const secondLeaf = `-----BEGIN CERTIFICATE-----
MIIBzzCCAXagAwIBAgIHESIzRFVmdzAKBggqhkjOPQQDAjA1MRYwFAYDVQQKDA1F
eGFtcGxlIFRydXN0MRswGQYDVQQDDBJFeGFtcGxlIElzc3VpbmcgQ0EwHhcNMjYw
ODAxMDAwMDAwWhcNMjYxMDMwMDAwMDAwWjAAMFkwEwYHKoZIzj0CAQYIKoZIzj0D
AQcDQgAEltzh7egiupiqXJKVJObBghSzy4T1DfwvcCdagTeRB7SVtDZ9aiyHuPs6
xYYY1YQIAJPoPhJVL/IG3Be7vQeboKOBpTCBojAtBgNVHREEJjAkgg93d3cuZXhh
bXBsZS5jb22CC2V4YW1wbGUuY29thwTAAAIHMB8GA1UdIwQYMBaAFAAnywFTr8l8
wzoH8pUdT4TRysqSMB0GA1UdDgQWBBQJ063C++m3DHlw2iCEX0twhxAKIDAMBgNV
HRMBAf8EAjAAMA4GA1UdDwEB/wQEAwIHgDATBgNVHSUEDDAKBggrBgEFBQcDATAK
BggqhkjOPQQDAgNHADBEAiBlMFvpZoLdHWAqNWivBSPK4DbxC1YQNjlsuGLwQj9K
tgIgSea4Gt0UmK0iiZzpNRzN0XMM6tsA2/JoPXV1Xi97uQs=
-----END CERTIFICATE-----
`;

export const secondKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgQrAsLfdVKXyEv8xQ
5Q66eir0oHVnG5fvO6wi9AuoYkihRANCAASW3OHt6CK6mKpckpUk5sGCFLPLhPUN
/C9wJ1qBN5EHtJW0Nn1qLIe4+zrFhhjVhAgAk+g+ElUv8gbcF7u9B5ug
-----END PRIVATE KEY-----
`;

/** The first key as openssl and lego v4 wrote EC keys. */
export const firstKeySec1 = `-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIEIHx3gyO6Fc8XpIqMWi/QgijRjoSd4WJYahBYTCKcPHoAoGCCqGSM49
AwEHoUQDQgAE9fv9emQYcj09JyoSG5/gU115ldvfWxZG2jT4OPfBfMmXWYqIb65w
A2UrvcXb0X+a+1zl93CpcxAaav6lW+NBpw==
-----END EC PRIVATE KEY-----
`;

/** As lego v4 wrote RSA keys. */
export const rsaKeyPkcs1 = `-----BEGIN RSA PRIVATE KEY-----
MIIEowIBAAKCAQEAzFnMtfIE19sdiCn75/zzeB4xhAPmiTWXzWt9U4YuxOfxnTnL
UbqDm1i78MFKpJWUjI7VoNjO3hN8ZtQLbBT9X/Diu+YG5olBMEJPStqsq8SrhQq3
d6XNnq3QVE0JirXp+FzkeF+AVmQMWiKDDnGcBcqOLjWUKdsuLsHoI1+p13nqErkw
FOaz+abKTQ/AJxd8roxfKWiZGGQHQTgv28B+5d7DQ7mYKC77pNx3f8k6PknD5pdp
JeNXtcGKpijGCdNDQM0KpHyHYOzVRu9Uql9TwRYiCjkWpYoghZ276NvJ6foEGCCX
B4QHsjoI1redBlgTjNJIv6ZBFazH14EesdX06wIDAQABAoIBABvk/i6v9L1KacOW
h45pVwrEhFnS9nswV6Jw09C89lFmn/KoWvqzDRf9itoYaIoC6R4uuTaVoddqrYaT
12NPki6wgSLJCZQalE10H8LGCt//nrIwfk7U0Tah31hCk9TddCy08XMFBk3EpnL/
Vwh3taaMuc/Q/IKiKrGzQm7htht1iDyxRS5iCVSXVFyceiVpn+KiBaMjVyro9uZs
O5w00L9hDdjzTqnDYMBaPN5l09EfGoE0viHGaqm0UtTLgUin+pt0i4NK6CDD4oC7
OSMbneawKwk+MFWFkrvJKLr9M2ps623fdhQ+IvW2iZo6IPNZrvf72iSosmeA8aNO
LvSyeDECgYEA94rpTr77BVJAtIYYkTKH5oNEpHwWRHak7UtyLR9ZWBKXmIUcHJtX
3+r25ndold64E75azzSF3MWVRtMF7t2KRVYaPH3mA37LNnvptSmLUArO3G0zmSdR
KebpA/udcAALk4f/3TvO6Y8wUaxd6+N7PLERWVvULg6qdPmlZ7cyiH8CgYEA01Ue
SsR1ZC0/Bn91W+LEqThU8S+rNB3hKPjyMWzH2M/oLvrKXSESGZ3Ec4o3twD+ue9e
jxxyA5r7qM7G3bFfDCBoFuXJ+8taPnQYDjz8gY6dTMjE4xaxJNMiPwxD8sq6709Q
vrnm7sC6LqUBv9wa/AL9054dwyAYcJ7LHCP5/ZUCgYEAkh9fxWobB3McWvPlQKCR
dFL8jBPrmRJoHOMyTMx6kvC2qAO7Km/QmY87m6PVCtLj2lO9ix63/jBsA9jBYdVI
r9E5v4eZ5WpNTqYquRQC9obKwXd8w+VfldqGpiE7OEfujXH0aYXKiDhMD4ouDvbD
YnorgZIhV+a0XESZjPWpUMUCgYBE8HhwRYRSCJyNvxiGwAQNe83h2/4Kg1DHL+a6
DtVmufPxF2jaVoZ0Cs5iLo2cSlvORfLf1pSu7mj4GXQwL8NkzlGGXrG0TRMEWpTa
WDS7As33lWr89ZMWAzYhwRuNYWr31DTv8u8NpZtWygc3ElNPMJ6i4Oquk5LFclep
t2a+vQKBgFnVULGYBfrucaNyrNSFG28LPraK0tCNK4JSwRlRpTWmy+etodVocPrA
1PNEiKYO72AFDhDSG/m0TxnrDhr1JMn3k6GvCYM5Veq5ngKDRmczuir4MnRp1HbF
JIXXKD0xZ58aoDa11Wb++bm4yFzhrL2Z5RxIq/U5bXgpOZ9OMLUm
-----END RSA PRIVATE KEY-----
`;

export const rsaKeyPkcs8 = `-----BEGIN PRIVATE KEY-----
MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDMWcy18gTX2x2I
Kfvn/PN4HjGEA+aJNZfNa31Thi7E5/GdOctRuoObWLvwwUqklZSMjtWg2M7eE3xm
1AtsFP1f8OK75gbmiUEwQk9K2qyrxKuFCrd3pc2erdBUTQmKten4XOR4X4BWZAxa
IoMOcZwFyo4uNZQp2y4uwegjX6nXeeoSuTAU5rP5pspND8AnF3yujF8paJkYZAdB
OC/bwH7l3sNDuZgoLvuk3Hd/yTo+ScPml2kl41e1wYqmKMYJ00NAzQqkfIdg7NVG
71SqX1PBFiIKORaliiCFnbvo28np+gQYIJcHhAeyOgjWt50GWBOM0ki/pkEVrMfX
gR6x1fTrAgMBAAECggEAG+T+Lq/0vUppw5aHjmlXCsSEWdL2ezBXonDT0Lz2UWaf
8qha+rMNF/2K2hhoigLpHi65NpWh12qthpPXY0+SLrCBIskJlBqUTXQfwsYK3/+e
sjB+TtTRNqHfWEKT1N10LLTxcwUGTcSmcv9XCHe1poy5z9D8gqIqsbNCbuG2G3WI
PLFFLmIJVJdUXJx6JWmf4qIFoyNXKuj25mw7nDTQv2EN2PNOqcNgwFo83mXT0R8a
gTS+IcZqqbRS1MuBSKf6m3SLg0roIMPigLs5Ixud5rArCT4wVYWSu8kouv0zamzr
bd92FD4i9baJmjog81mu9/vaJKiyZ4Dxo04u9LJ4MQKBgQD3iulOvvsFUkC0hhiR
Mofmg0SkfBZEdqTtS3ItH1lYEpeYhRwcm1ff6vbmd2iV3rgTvlrPNIXcxZVG0wXu
3YpFVho8feYDfss2e+m1KYtQCs7cbTOZJ1Ep5ukD+51wAAuTh//dO87pjzBRrF3r
43s8sRFZW9QuDqp0+aVntzKIfwKBgQDTVR5KxHVkLT8Gf3Vb4sSpOFTxL6s0HeEo
+PIxbMfYz+gu+spdIRIZncRzije3AP65716PHHIDmvuozsbdsV8MIGgW5cn7y1o+
dBgOPPyBjp1MyMTjFrEk0yI/DEPyyrrvT1C+uebuwLoupQG/3Br8Av3Tnh3DIBhw
nsscI/n9lQKBgQCSH1/FahsHcxxa8+VAoJF0UvyME+uZEmgc4zJMzHqS8LaoA7sq
b9CZjzubo9UK0uPaU72LHrf+MGwD2MFh1Uiv0Tm/h5nlak1Opiq5FAL2hsrBd3zD
5V+V2oamITs4R+6NcfRphcqIOEwPii4O9sNieiuBkiFX5rRcRJmM9alQxQKBgETw
eHBFhFIInI2/GIbABA17zeHb/gqDUMcv5roO1Wa58/EXaNpWhnQKzmIujZxKW85F
8t/WlK7uaPgZdDAvw2TOUYZesbRNEwRalNpYNLsCzfeVavz1kxYDNiHBG41havfU
NO/y7w2lm1bKBzcSU08wnqLg6q6TksVyV6m3Zr69AoGAWdVQsZgF+u5xo3Ks1IUb
bws+torS0I0rglLBGVGlNabL562h1Whw+sDU80SIpg7vYAUOENIb+bRPGesOGvUk
yfeToa8JgzlV6rmeAoNGZzO6KvgydGnUdsUkhdcoPTFnnxqgNrXVZv75ubjIXOGs
vZnlHEir9TlteCk5n04wtSY=
-----END PRIVATE KEY-----
`;

export const rsaLeaf = `-----BEGIN CERTIFICATE-----
MIICnTCCAkOgAwIBAgICVUQwCgYIKoZIzj0EAwIwNTEWMBQGA1UECgwNRXhhbXBs
ZSBUcnVzdDEbMBkGA1UEAwwSRXhhbXBsZSBJc3N1aW5nIENBMB4XDTI2MDYwMTAw
MDAwMFoXDTI2MDgzMDAwMDAwMFowGjEYMBYGA1UEAwwPcnNhLmV4YW1wbGUuY29t
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAzFnMtfIE19sdiCn75/zz
eB4xhAPmiTWXzWt9U4YuxOfxnTnLUbqDm1i78MFKpJWUjI7VoNjO3hN8ZtQLbBT9
X/Diu+YG5olBMEJPStqsq8SrhQq3d6XNnq3QVE0JirXp+FzkeF+AVmQMWiKDDnGc
BcqOLjWUKdsuLsHoI1+p13nqErkwFOaz+abKTQ/AJxd8roxfKWiZGGQHQTgv28B+
5d7DQ7mYKC77pNx3f8k6PknD5pdpJeNXtcGKpijGCdNDQM0KpHyHYOzVRu9Uql9T
wRYiCjkWpYoghZ276NvJ6foEGCCXB4QHsjoI1redBlgTjNJIv6ZBFazH14EesdX0
6wIDAQABo4GSMIGPMBoGA1UdEQQTMBGCD3JzYS5leGFtcGxlLmNvbTAfBgNVHSME
GDAWgBQAJ8sBU6/JfMM6B/KVHU+E0crKkjAdBgNVHQ4EFgQUsSTdb47rndFvi/8v
Hf9BCrfV788wDAYDVR0TAQH/BAIwADAOBgNVHQ8BAf8EBAMCB4AwEwYDVR0lBAww
CgYIKwYBBQUHAwEwCgYIKoZIzj0EAwIDSAAwRQIhAPK6eaQOdeyWj4sFWRksW9vu
EampJqGMV0nOiAIUZ5DTAiAhYOqfMSaIyBZyam/EFqAhR1BuzQWxWw3VZueqHlXc
bQ==
-----END CERTIFICATE-----
`;

const issuer = 'CN=Example Issuing CA,O=Example Trust';
const dns = (value: string): Identifier => ({ type: 'dns', value });

export const firstFacts: CertificateFacts = {
  identifiers: [dns('www.example.com'), dns('example.com')],
  notBefore: new Date('2026-06-01T00:00:00Z'),
  notAfter: new Date('2026-08-30T00:00:00Z'),
  serial: '008a01020304050607',
  certId: 'ACfLAVOvyXzDOgfylR1PhNHKypI.AIoBAgMEBQYH',
  keyAlgorithm: 'EC256',
  fingerprint: '0bbe263b72f8a54d3257eeadcfc4e9909ba2684edb1342fe70ff2a47c1ca491b',
  issuer,
};

export const secondFacts: CertificateFacts = {
  identifiers: [dns('www.example.com'), dns('example.com'), { type: 'ip', value: '192.0.2.7' }],
  notBefore: new Date('2026-08-01T00:00:00Z'),
  notAfter: new Date('2026-10-30T00:00:00Z'),
  serial: '11223344556677',
  certId: 'ACfLAVOvyXzDOgfylR1PhNHKypI.ESIzRFVmdw',
  keyAlgorithm: 'EC256',
  fingerprint: '6f50e16021a62fa2b37e64925875ab8a8da68e79dd42577994b36fcd28d07f07',
  issuer,
};

const request: RequestRecord = {
  identifiers: firstFacts.identifiers,
  profile: undefined,
  directory: 'https://ca.test/directory',
  account: 'me@example.com',
  keyAlgorithm: 'EC256',
  preferredChain: undefined,
};

export const firstVersion: CertificateVersion = {
  chain: firstLeaf + sampleIssuer,
  key: new Secret(firstKey),
  facts: firstFacts,
  requested: request,
  omitted: [],
  url: 'https://ca.test/certificate/1',
};

/** Another set of names, with a name that was asked for and is missing. */
export const secondVersion: CertificateVersion = {
  chain: secondLeaf + sampleIssuer,
  key: new Secret(secondKey),
  facts: secondFacts,
  requested: {
    ...request,
    identifiers: [...secondFacts.identifiers, dns('gone.example.com')],
    profile: 'shortlived',
    preferredChain: 'Example Root <X>',
  },
  omitted: [{ identifier: dns('gone.example.com'), reason: 'the CA could not reach it' }],
  url: 'https://ca.test/certificate/2?a=1&b=2',
};
