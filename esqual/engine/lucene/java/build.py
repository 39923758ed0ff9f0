"""Compile the helper classes into ``esqual-lucene.jar``, byte for byte the same each time.

    python -m esqual.engine.lucene.java.build [--check]

Needs a JDK of 21 or newer (``JAVA_HOME``, or one under the system's JVM folder). ``--check``
builds aside and compares with the jar in the repository: exit 0 equal, 1 different. Compilers of
different versions write different bytes for one source, so the jar names its compiler and
``--check`` with another one says so and exits with 3.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

HERE = Path(__file__).parent
JAR = HERE / "esqual-lucene.jar"
RELEASE = "21"
MANIFEST = "META-INF/MANIFEST.MF"


def find_javac() -> Path | None:
    """The first javac of version 21 or newer: ``JAVA_HOME`` first, then the JVM folder."""
    homes = [Path(os.environ["JAVA_HOME"])] if os.environ.get("JAVA_HOME") else []
    homes += sorted(Path("/usr/lib/jvm").glob("*"), reverse=True)
    for home in homes:
        javac = home / "bin" / "javac"
        if javac.exists():
            version = javac_version(javac)
            if version is not None and version >= int(RELEASE):
                return javac
    return None


def javac_version(javac: Path) -> int | None:
    """The feature version a compiler states, None when it states none."""
    answer = subprocess.run([str(javac), "-version"], capture_output=True, text=True)
    found = re.search(r"javac (\d+)", answer.stdout + answer.stderr)
    return int(found.group(1)) if found else None


def compiler(jar: Path) -> int | None:
    """The version of the compiler that made a jar, from its manifest."""
    found = re.search(rb"Created-By: javac (\d+)", entries(jar).get(MANIFEST, b""))
    return int(found.group(1)) if found else None


def build(jar: Path, javac: Path) -> None:
    """Compile ``src`` against the Lucene jars and pack it: sorted entries, fixed dates."""
    from esqual.engine.lucene.jars import class_path

    sources = sorted((HERE / "src").rglob("*.java"))
    with tempfile.TemporaryDirectory() as folder:
        classes = Path(folder)
        command = [str(javac), "--release", RELEASE, "-g:none", "-Xlint:all,-processing", "-Werror"]
        command += ["-encoding", "UTF-8", "-d", str(classes)]
        command += ["-cp", os.pathsep.join(map(str, class_path()))]
        subprocess.run([*command, *map(str, sources)], check=True)
        temporary = jar.with_suffix(f".{os.getpid()}.tmp")
        manifest = f"Manifest-Version: 1.0\r\nCreated-By: javac {javac_version(javac)}\r\n\r\n"
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(_entry(MANIFEST), manifest)
            for path in sorted(classes.rglob("*.class")):
                archive.writestr(_entry(path.relative_to(classes).as_posix()), path.read_bytes())
        temporary.replace(jar)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    return entry


def main() -> int:
    """Build, or with ``--check`` compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only; exit 1 on a difference")
    check = parser.parse_args().check
    javac = find_javac()
    if javac is None:
        print("no JDK of 21 or newer: set JAVA_HOME to one", file=sys.stderr)
        return 3
    if not check:
        build(JAR, javac)
        print(JAR)
        return 0
    if javac_version(javac) != compiler(JAR):
        print(
            f"cannot compare: the jar was made by javac {compiler(JAR)}, here is "
            f"{javac_version(javac)}; set JAVA_HOME to the former",
            file=sys.stderr,
        )
        return 3
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "fresh.jar"
        build(fresh, javac)
        same = entries(fresh) == entries(JAR)
    print("the jar and its source agree" if same else "the jar is not what its source gives")
    return 0 if same else 1


def entries(jar: Path) -> dict[str, bytes]:
    """The files of a jar by name; dates and compression are left out of the comparison."""
    with zipfile.ZipFile(jar) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


if __name__ == "__main__":
    raise SystemExit(main())
