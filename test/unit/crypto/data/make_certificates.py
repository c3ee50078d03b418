#!/usr/bin/env python3
"""Makes the certificates of the chain tests. The private keys are thrown away.

Usage: make_certificates.py FOLDER
"""
import datetime
import pathlib
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

START = datetime.datetime(2026, 1, 1)
END = datetime.datetime(2036, 1, 1)


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def key_usage(*used):
    kinds = ["digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
             "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"]
    return x509.KeyUsage(**{kind: kind in used for kind in kinds})


def make(subject, issuer, ca, usage, end=END, critical_unknown=False):
    """One certificate; issuer is None (self-signed) or what an earlier call returned."""
    key = ec.generate_private_key(ec.SECP256R1())
    issuer_name, issuer_key = (name(subject), key) if issuer is None else (issuer[0].subject, issuer[1])
    builder = (x509.CertificateBuilder().subject_name(name(subject)).issuer_name(issuer_name)
               .public_key(key.public_key()).serial_number(x509.random_serial_number())
               .not_valid_before(START).not_valid_after(end))
    issuer_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    builder = builder.add_extension(issuer_id, critical=False)
    if ca is not None:
        builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    if usage:
        builder = builder.add_extension(key_usage(*usage), critical=True)
    if critical_unknown:
        unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x05\x00")
        builder = builder.add_extension(unknown, critical=True)
    return builder.sign(issuer_key, hashes.SHA256()), key


def main():
    folder = pathlib.Path(sys.argv[1])
    root = make("root", None, True, ["key_cert_sign"])
    intermediate = make("intermediate", root, True, ["key_cert_sign"])
    not_ca = make("not a CA", root, False, ["digital_signature"])
    no_cert_sign = make("CA without keyCertSign", root, True, ["digital_signature"])
    no_constraints = make("CA without basicConstraints", root, None, ["key_cert_sign"])
    certificates = {
        "root": root,
        "other_root": make("root", None, True, ["key_cert_sign"]),
        "intermediate": intermediate,
        "leaf": make("leaf", intermediate, False, ["digital_signature"]),
        "leaf_without_usage": make("leaf", intermediate, None, []),
        "leaf_for_key_agreement": make("leaf", intermediate, False, ["key_agreement"]),
        "leaf_expired": make("leaf", intermediate, False, ["digital_signature"], datetime.datetime(2026, 2, 1)),
        "leaf_critical_unknown": make("leaf", intermediate, False, ["digital_signature"], critical_unknown=True),
        "not_ca": not_ca,
        "leaf_of_not_ca": make("leaf", not_ca, False, ["digital_signature"]),
        "no_cert_sign": no_cert_sign,
        "leaf_of_no_cert_sign": make("leaf", no_cert_sign, False, ["digital_signature"]),
        "no_constraints": no_constraints,
        "leaf_of_no_constraints": make("leaf", no_constraints, False, ["digital_signature"]),
    }
    for file, (certificate, _) in certificates.items():
        (folder / f"{file}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


main()
