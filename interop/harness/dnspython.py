"""Reads messages from standard input as dnspython understands them, and signs and verifies them.

One JSON list of requests in, one of results out: `read` describes a message and encodes it again, `sign` and `verify` are
TSIG. A failure is {"error": text}. Octets are hexadecimal; a name is the list of its labels.
"""

import json
import sys

import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.tsig


def labels(name):
    return [label.hex() for label in name.labels[:-1]]


def octets(data):
    return bytes(data).hex()


CONTENT = {
    "A": lambda r: {"address": r.address},
    "AAAA": lambda r: {"address": r.address},
    "NS": lambda r: {"host": labels(r.target)},
    "CNAME": lambda r: {"target": labels(r.target)},
    "DNAME": lambda r: {"target": labels(r.target)},
    "PTR": lambda r: {"target": labels(r.target)},
    "SOA": lambda r: {
        "primary": labels(r.mname),
        "mailbox": labels(r.rname),
        "serial": r.serial,
        "refresh": r.refresh,
        "retry": r.retry,
        "expire": r.expire,
        "minimum": r.minimum,
    },
    "MX": lambda r: {"preference": r.preference, "exchange": labels(r.exchange)},
    "SRV": lambda r: {
        "priority": r.priority,
        "weight": r.weight,
        "port": r.port,
        "target": labels(r.target),
    },
    "TXT": lambda r: {"strings": [octets(s) for s in r.strings]},
    "CAA": lambda r: {"flags": r.flags, "tag": octets(r.tag), "value": octets(r.value)},
}


def content(rdata):
    if isinstance(rdata, dns.rdata.GenericRdata):
        return {"data": octets(rdata.data)}
    return CONTENT[dns.rdatatype.to_text(rdata.rdtype)](rdata)


def record(rrset):
    kind = rrset.deleting if rrset.deleting is not None else rrset.rdclass
    return {
        "name": labels(rrset.name),
        "type": int(rrset.rdtype),
        "class": dns.rdataclass.to_text(kind),
        "ttl": rrset.ttl,
        "content": content(rrset[0]) if len(rrset) > 0 else {"data": ""},
    }


def read(request):
    message = dns.message.from_wire(bytes.fromhex(request["wire"]), keyring=False, one_rr_per_rrset=True)
    edns = None
    if message.edns >= 0:
        edns = {
            "udpSize": message.payload,
            "dnssecOk": message.ednsflags & 0x8000 != 0,
            "options": [{"code": int(o.otype), "data": octets(o.to_wire())} for o in message.options],
        }
    return {
        "message": {
            "id": message.id,
            "flags": dns.flags.to_text(message.flags & 0x87B0),
            "opcode": dns.opcode.to_text(message.opcode()),
            "rcode": int(message.rcode()),
            "edns": edns,
            "questions": [
                {"name": labels(q.name), "type": int(q.rdtype), "class": dns.rdataclass.to_text(q.rdclass)}
                for q in message.sections[0]
            ],
            "answers": [record(r) for r in message.sections[1]],
            "authorities": [record(r) for r in message.sections[2]],
            "additionals": [record(r) for r in message.sections[3]],
        },
        "wire": message.to_wire(max_size=65535).hex(),
    }


def key_of(request):
    key = request["key"]
    return dns.tsig.Key(dns.name.from_text(key["name"]), key["secret"], dns.name.from_text(key["algorithm"]))


def request_mac(request):
    return bytes.fromhex(request.get("requestMac", ""))


def sign(request):
    message = dns.message.from_wire(bytes.fromhex(request["wire"]), one_rr_per_rrset=True)
    message.use_tsig(key_of(request))
    message.request_mac = request_mac(request)
    return {"wire": message.to_wire(max_size=65535).hex(), "mac": message.mac.hex()}


def verify(request):
    key = key_of(request)
    wire = bytes.fromhex(request["wire"])
    message = dns.message.from_wire(wire, keyring={key.name: key}, request_mac=request_mac(request))
    return {"signed": message.had_tsig}


def result(request):
    try:
        return {"read": read, "sign": sign, "verify": verify}[request["do"]](request)
    except Exception as error:  # every failure is a result
        return {"error": f"{type(error).__name__}: {error}"}


json.dump([result(request) for request in json.load(sys.stdin)], sys.stdout)
