"""A PostgreSQL server of a test's own: a socket in a private folder, no port."""
import os
import pathlib
import shutil
import subprocess


def programs():
    """The folder of the newest installed server, or None."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


class Postgres:
    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        folder.mkdir()
        if os.getuid() == 0:
            folder.parent.chmod(0o711)
            shutil.chown(folder, "postgres")
        self.run("initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust", "--no-locale", "-E", "UTF8")
        self.start()

    def run(self, program: str, *arguments):
        command = [str(programs() / program), *map(str, arguments)]
        if os.getuid() == 0:  # the server refuses to run as root
            command = ["runuser", "-u", "postgres", "--", *command]
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True, cwd="/", timeout=120)

    def start(self):
        self.run("pg_ctl", "-D", self.folder / "data", "-l", self.folder / "log", "-w", "-o",
                 f"-k {self.folder} -h ''", "start")

    def stop(self, mode: str = "immediate"):
        """`immediate` is what a crash does."""
        self.run("pg_ctl", "-D", self.folder / "data", "-m", mode, "-w", "stop")

    def database(self, name: str) -> str:
        self.run("createdb", "-h", self.folder, "-U", "postgres", name)
        return f"postgresql://postgres@/{name}?host={self.folder}"
