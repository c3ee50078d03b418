"""The verifier's unit: systemd understands all of it, and what it leaves to the service is little."""
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from laboratory import CREDENCE, PATIENCE

UNIT = pathlib.Path(__file__).resolve().parents[2] / "packaging" / "systemd" / "credence-verifier.service"
MOST_EXPOSURE = 15  # of 100, as systemd-analyze counts: the network is what a verifier cannot do without


@unittest.skipUnless(shutil.which("systemd-analyze"), "no program systemd-analyze")
class Unit(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.file = pathlib.Path(scratch.name) / UNIT.name
        # `cmake --install` puts the place of the command there.
        self.text = UNIT.read_text().replace("/usr/bin/credence", CREDENCE)
        self.assertIn(f"ExecStart={CREDENCE} ", self.text)

    def analyze(self, text: str, *words) -> subprocess.CompletedProcess:
        self.file.write_text(text)
        return subprocess.run(["systemd-analyze", *words, self.file], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=PATIENCE)

    def test_is_understood(self):
        verify = ["verify", "--man=no", "--recursive-errors=no"]
        good = self.analyze(self.text, *verify)
        self.assertEqual((good.returncode, good.stdout), (0, ""))
        for right, wrong in (("NoNewPrivileges=", "NoNewPrivilege="), ("Type=notify-reload", "Type=reload-notify"),
                             ("WatchdogSec=30", "WatchdogSec=soon"), (CREDENCE, "/nowhere/credence")):
            with self.subTest(wrong):
                self.assertIn(right, self.text)
                bad = self.analyze(self.text.replace(right, wrong), *verify)
                self.assertNotEqual((bad.returncode, bad.stdout), (0, ""))

    def test_leaves_little_to_the_service(self):
        security = ["security", "--offline=true", "--no-pager", f"--threshold={MOST_EXPOSURE}"]
        good = self.analyze(self.text, *security)
        self.assertEqual(good.returncode, 0, good.stdout)
        for line in ("ProtectSystem=strict", "PrivateUsers=yes", "CapabilityBoundingSet=\n", "SystemCallFilter=@system-service"):
            self.assertIn(line, self.text)
        open_to_all = re.sub(r"^(ProtectSystem|PrivateUsers|CapabilityBoundingSet|SystemCallFilter)=.*\n", "", self.text,
                             flags=re.MULTILINE)
        self.assertNotEqual(self.analyze(open_to_all, *security).returncode, 0)


LOADER = pathlib.Path("/lib64/ld-linux-x86-64.so.2")


@unittest.skipUnless(LOADER.exists(), f"no {LOADER}")
class Environment(unittest.TestCase):
    def test_has_tunables_that_the_c_library_takes(self):
        """It says nothing of those that it does not know, or whose values are none."""
        [given] = re.findall(r"^Environment=GLIBC_TUNABLES=(.+)$", UNIT.read_text(), flags=re.MULTILINE)
        wanted = dict(tunable.split("=") for tunable in given.split(":"))

        def values(tunables: str) -> dict:
            done = subprocess.run([LOADER, "--list-tunables"], env={"GLIBC_TUNABLES": tunables}, capture_output=True, text=True,
                                  timeout=PATIENCE, check=True)
            lines = (line.partition(": ") for line in done.stdout.splitlines())
            return {name: int(rest.split()[0], 16) for name, _, rest in lines if name in wanted}

        self.assertEqual(values(given), {name: int(value) for name, value in wanted.items()})
        self.assertNotEqual(values(""), values(given))


if __name__ == "__main__":
    unittest.main(verbosity=2)
