#!/usr/bin/env python3
"""Writes dist/orders_api-2.4.0-py3-none-any.whl, byte for byte the same each time: a small wheel to judge and to sign.

A wheel is a zip with a RECORD of its files. Times and modes are fixed here, and members are stored, not
compressed, so that no version of zlib makes a difference.
"""

import base64
import hashlib
import pathlib
import zipfile

NAME, VERSION = "orders_api", "2.4.0"
INFO = f"{NAME}-{VERSION}.dist-info"
FILES = {
    f"{NAME}/__init__.py": f'"""Takes orders."""\n\n__version__ = "{VERSION}"\n',
    f"{NAME}/total.py": (
        '"""What an order costs."""\n\n\n'
        "def total(lines):\n"
        '    """Sums (quantity, price in cents) pairs."""\n'
        "    return sum(quantity * cents for quantity, cents in lines)\n"
    ),
    f"{INFO}/METADATA": (
        "Metadata-Version: 2.4\n"
        "Name: orders-api\n"
        f"Version: {VERSION}\n"
        "Summary: Takes orders; the subject of Chiron's examples\n"
        "License-Expression: Apache-2.0\n"
        "Requires-Python: >=3.10\n"
        "Requires-Dist: fastapi==0.115.6\n"
        "Requires-Dist: jinja2==3.1.4\n"
        "Requires-Dist: pyyaml==5.3\n"
        "Requires-Dist: requests==2.32.3\n"
    ),
    f"{INFO}/WHEEL": "Wheel-Version: 1.0\nGenerator: make-wheel\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
}


def record_line(name, content):
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(content)}\n"


def main():
    here = pathlib.Path(__file__).resolve().parent
    wheel = here / "dist" / f"{NAME}-{VERSION}-py3-none-any.whl"
    wheel.parent.mkdir(exist_ok=True)
    members = {name: text.encode() for name, text in FILES.items()}
    record = "".join(record_line(name, content) for name, content in members.items()) + f"{INFO}/RECORD,,\n"
    members[f"{INFO}/RECORD"] = record.encode()
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name, date_time=(2026, 1, 1, 0, 0, 0))
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            archive.writestr(entry, content)
    print(f"{hashlib.sha256(wheel.read_bytes()).hexdigest()}  {wheel.relative_to(here)}")


if __name__ == "__main__":
    main()
