"""A verifier, an endorsed TPM, and the evidence of one attested connection with the binder it is for."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "e2e"))

from laboratory import LibtpmsTpm, Process, Recorder, Verifier, credence, endorse, self_signed  # noqa: E402

PROFILE = "tag:github.com/parallaxsecond,2023-03-03:tpm"


class Scene:
    def __init__(self, folder: pathlib.Path, *verifier_options):
        self.folder = folder
        self.verifier = Verifier(folder, *verifier_options)
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
        instance = endorse(tpm, self.verifier, self.folder / "corims")["instance"]
        certificate, key = self_signed(self.folder, "server")
        with Process("serve", "--listen", "127.0.0.1:0", "--cert", certificate, "--key", key, "--require", "--verifier",
                     recorder.url, "--verifier-key", f"{self.verifier.key}.pub", "--peer-instance", instance) as server:
            credence("connect", server.event("listening")["address"], *tpm.options(), "--attest", "--peer-ca",
                     certificate, input="x\n")

    def port(self) -> int:
        return int(self.verifier.url.rsplit(":", 1)[1])

    def stop(self):
        self.verifier.stop()
