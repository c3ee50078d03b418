"""A verifier, an endorsed TPM, and the evidence of one attested connection with the binder it is for."""
import base64
import json
import pathlib
import sys
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "e2e"))

from laboratory import LibtpmsTpm, Process, Recorder, Verifier, credence, endorse, self_signed  # noqa: E402

SESSION = "application/vnd.veraison.challenge-response-session+json"
PROFILE = "tag:github.com/parallaxsecond,2023-03-03:tpm"


class Scene:
    def __init__(self, folder: pathlib.Path, *verifier_options, **options):
        self.folder = folder
        self.verifier = Verifier(folder, *verifier_options, **options)
        recorder = Recorder(self.verifier.url)
        try:
            self.record(recorder)
        except Exception:
            self.verifier.stop()
            raise
        finally:
            recorder.stop()
        self.nonce, self.media_type, self.evidence = recorder.nonce, recorder.media_type, recorder.evidence
        self.values, self.keys = (folder / "corims" / f"{name}.corim.cbor" for name in ("veraison", "keys"))

    def record(self, recorder: Recorder):
        tpm = LibtpmsTpm(self.folder / "tpm")
        self.instance = endorse(tpm, self.verifier, self.folder / "corims")["instance"]
        certificate, key = self_signed(self.folder, "server")
        with Process("serve", "--listen", "127.0.0.1:0", "--cert", certificate, "--key", key, "--require", "--verifier",
                     recorder.url, "--verifier-key", f"{self.verifier.key}.pub", "--peer-instance", self.instance) as server:
            credence("connect", server.event("listening")["address"], *tpm.options(), "--attest", "--peer-ca",
                     certificate, input="x\n")

    def result(self) -> str:
        """A new result about the evidence that was recorded, which a verifier may be asked for again and again."""
        base = f"{self.verifier.url}/challenge-response/v1/"
        nonce = base64.urlsafe_b64encode(self.nonce).decode()
        opened = urllib.request.Request(f"{base}newSession?nonce={nonce}", b"", {"Accept": SESSION})
        with urllib.request.urlopen(opened) as answer:
            location = answer.headers["Location"]
        submitted = urllib.request.Request(base + location, self.evidence,
                                           {"Accept": SESSION, "Content-Type": self.media_type})
        with urllib.request.urlopen(submitted) as answer:
            session = json.load(answer)
        while session["status"] == "processing":  # an external policy engine is asked
            time.sleep(0.05)
            with urllib.request.urlopen(urllib.request.Request(base + location, headers={"Accept": SESSION})) as answer:
                session = json.load(answer)
        return session["result"]

    def port(self) -> int:
        return int(self.verifier.url.rsplit(":", 1)[1])

    def stop(self):
        self.verifier.stop()
