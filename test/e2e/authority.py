"""An authority that issues certificates and lists of those it has revoked, by the openssl program."""
import pathlib
import subprocess


def certificate_authority(folder: pathlib.Path, name: str, *instead) -> tuple:
    """Its certificate and its key. With other extensions `instead` it need not be an authority."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    extensions = instead or ["-addext", "basicConstraints=critical,CA:TRUE",
                             "-addext", "keyUsage=critical,keyCertSign,cRLSign"]
    made_with = ["-key", key] if key.exists() else ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                                                    "-nodes", "-keyout", key]
    subprocess.run(["openssl", "req", "-x509", *made_with, "-out", certificate, "-days", "1", "-subj",
                    "/CN=Maker", *extensions], check=True, capture_output=True)
    return certificate, key


def revocation_list(issuer: pathlib.Path, key: pathlib.Path, number: int) -> str:
    """In PEM; it names one certificate."""
    folder = issuer.parent
    (folder / "index").write_text("R\t450101000000Z\t260101000000Z,keyCompromise\t0D01\tunknown\t/CN=Device\n")
    (folder / "number").write_text(f"{number:02X}\n")
    configuration = folder / "ca.cnf"
    configuration.write_text("[ca]\ndefault_ca = ours\n[ours]\ndefault_md = sha256\n"
                             f"database = {folder}/index\ncrlnumber = {folder}/number\n")
    made = subprocess.run(["openssl", "ca", "-gencrl", "-config", configuration, "-cert", issuer, "-keyfile", key,
                           "-crldays", "2"], check=True, capture_output=True, text=True).stdout
    return "-----BEGIN" + made.split("-----BEGIN", 1)[1]
