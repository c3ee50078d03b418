"""Credence's verifier and Veraison's services under the same load: same evidence, same CoRIM (docs/benchmarks.md)."""
import contextlib
import signal

from scene import PROFILE  # of test/interop/veraison, as the next one
from veraison import Veraison, missing  # noqa: F401 (missing() is for who measures)


@contextlib.contextmanager
def standing_still(processes: list):
    """Who is not measured: Veraison's services, without any load, halved the rate of the other."""
    for process in processes:
        process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            process.send_signal(signal.SIGCONT)


class SideBySide:
    """Both, provisioned alike; `load` puts a port under load and gives what was measured."""

    def __init__(self, scene, load):
        self.scene, self.load = scene, load
        folder = scene.folder / "veraison"
        folder.mkdir()
        self.services = Veraison(folder)
        provisioned = self.services.provision(scene.values.read_bytes(), PROFILE)
        if provisioned["status"] != "success":
            self.services.stop()
            raise SystemExit(f"side_by_side.py: Veraison refused the CoRIM: {provisioned}")

    def credence(self) -> dict:
        with standing_still(self.services.processes):
            return self.load(self.scene.port())

    def veraison(self) -> dict:
        with standing_still([self.scene.verifier.process]):
            return self.load(self.services.verification)

    def stop(self):
        self.services.stop()
