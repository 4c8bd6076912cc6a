#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""scenes.py FILE [SCENE...]: what a frame costs latch in each scene, as JSON in FILE. Besides those that
have a name there are "N layers", "N windows", "N idle clients" and "N outputs".

Runs in the lab, in virtual time. bench-cost-latch (latch.c) writes sums of each stage's time after
each flip; here clients are started, and when all is steady FRAMES flips are looked at.

A stage's figure is the mean of the middle four fifths of the frames: an interrupt that came in its time
is not its own. The total is the mean of all frames, and so are the counts.
"""

import array
import contextlib
import fcntl
import json
import os
import pathlib
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time

# In the order of latch.c's enum stage.
STAGES = ("loop", "wire", "requests", "fence", "latch", "assign", "test", "compose", "submit",
          "kernel", "flip", "callbacks")
COUNTS = ("wake-ups", "ioctls", "allocations")
ROW = 2 + len(COUNTS) + len(STAGES)

SETTLE = 1.0  # seconds from the start of the clients until none has anything new to say
WARM_UP = 30
FRAMES = 60
LIMIT = 60  # seconds
PACKAGES = ("libc6", "libffi8", "libwayland-server0", "libwlroots-0.20", "libpixman-1-0", "libdrm2",
            "libinput10")

LATCH = f"{os.environ.get('LAB_BUILD')}/tests/bench/cost/bench-cost-latch"
work = tempfile.mkdtemp(prefix="cost.", dir="/tmp")


def client(*options):
    return ["latch-client", "--software=udmabuf", "--measure=paced", "--frames", "100000", *options]


FULL = client("--fullscreen", "--sync", "implicit")
SMALL = client("--size", "96x72")


@contextlib.contextmanager
def processes(*commands):
    """They end with the block."""
    started = []
    try:
        for number, command in enumerate(commands):
            with open(f"{work}/client-{number}.log", "wb") as log:
                started.append(subprocess.Popen(["setarch", "-R", *command], stdout=log,
                                                stderr=log))
        yield
        for process in started:
            assert process.poll() is None, f"{process.args} ended: {process.returncode}"
    finally:
        for process in started:
            process.kill()
            process.wait()


@contextlib.contextmanager
def pointer():
    """A mouse that reports 125 times a second, while the picture stands still."""
    with processes(["latch-client", "--software=udmabuf", "--fullscreen", "--solid", "204060",
                    "--frames", "5", "--hold"]):
        ended = threading.Event()

        def move():
            start, n = time.monotonic(), 0
            while not ended.wait(max(0, start + n / 125 - time.monotonic())):
                step = 3 if n // 100 % 2 == 0 else -3
                for kind, code, value in ((2, 0, step), (2, 1, step), (0, 0, 0)):
                    os.write(mouse, struct.pack("llHHi", 0, 0, kind, code, value))
                n += 1

        mover = threading.Thread(target=move)
        mover.start()
        try:
            yield
        finally:
            ended.set()
            mover.join()


def make_mouse():
    """Before latch starts, which finds it then. EV_KEY with BTN_LEFT, EV_REL with both axes."""
    subprocess.run(["modprobe", "uinput"], check=True)
    fd = os.open("/dev/uinput", os.O_WRONLY)
    for request, value in ((0x40045564, 1), (0x40045565, 0x110), (0x40045564, 2),
                           (0x40045566, 0), (0x40045566, 1)):
        fcntl.ioctl(fd, request, value)
    fcntl.ioctl(fd, 0x405c5503, struct.pack("HHHH80sI", 3, 1, 1, 1, b"test mouse", 0))
    fcntl.ioctl(fd, 0x5501)
    subprocess.run(["udevadm", "settle"], check=True)
    return fd


class IdleClient:
    """It has a window to show, and nothing in it yet."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(f"{os.environ['XDG_RUNTIME_DIR']}/cost")
        self.unread = b""
        self.ids = iter(range(2, 100))

    def send(self, target, opcode, *arguments):
        body = b""
        for value in arguments:
            if isinstance(value, str):
                text = value.encode() + b"\0"
                body += struct.pack("I", len(text)) + text + b"\0" * (-len(text) % 4)
            else:
                body += struct.pack("I", value)
        self.socket.sendall(struct.pack("II", target, len(body) + 8 << 16 | opcode) + body)

    def read(self, length):
        while len(self.unread) < length:
            self.unread += self.socket.recv(65536)
        data, self.unread = self.unread[:length], self.unread[length:]
        return data

    def events(self):
        """Each event until the compositor has nothing more to say to a sync."""
        callback = next(self.ids)
        self.send(1, 0, callback)
        while True:
            sender, word = struct.unpack("II", self.read(8))
            body = self.read((word >> 16) - 8)
            if sender == callback:
                return
            assert (sender, word & 0xffff) != (1, 0), body
            yield sender, word & 0xffff, body

    def bind(self, registry, found, interface):
        new = next(self.ids)
        self.send(registry, 0, found[interface], interface, 1, new)
        return new

    def make_window(self):
        registry, found = next(self.ids), {}
        self.send(1, 1, registry)
        for sender, _, body in self.events():
            if sender == registry:
                name, length = struct.unpack_from("II", body)
                found[body[8:7 + length].decode()] = name
        compositor = self.bind(registry, found, "wl_compositor")
        shell = self.bind(registry, found, "xdg_wm_base")
        surface, xdg_surface, toplevel = (next(self.ids) for _ in range(3))
        self.send(compositor, 0, surface)
        self.send(shell, 2, xdg_surface, surface)
        self.send(xdg_surface, 1, toplevel)
        self.send(surface, 6)
        for sender, opcode, body in self.events():
            if (sender, opcode) == (xdg_surface, 0):
                self.send(xdg_surface, 4, *struct.unpack("I", body))


@contextlib.contextmanager
def idle_clients(number):
    """Beside one that fills the screen and shows new frames."""
    clients = [IdleClient() for _ in range(number)]
    for one in clients:
        one.make_window()
    with processes(FULL):
        yield
    for one in clients:
        one.socket.close()


@contextlib.contextmanager
def layers(number):
    """Subsurfaces that stand still, and one window that shows new frames."""
    crowd = ["latch-stress", "--size", "128x96", "--crowd", "subsurfaces", "--surfaces", str(number)]
    with processes(crowd):
        time.sleep(1 + number / 150)  # until they are all there
        with processes(client("--size", "160x120")):
            yield


@contextlib.contextmanager
def outputs(number):
    """One window that fills each."""
    with processes(*[[*FULL, "--output", str(n + 1)] for n in range(number)]):
        yield


def make_outputs(number):
    """A vkms device with so many CRTCs. Returns its node; it stays."""
    device = pathlib.Path(f"/sys/kernel/config/vkms/cost{number}")
    device.mkdir()
    for n in range(number):
        for kind in ("crtc", "encoder", "connector"):
            (device / f"{kind}s" / f"{kind}{n}").mkdir()
        for kind, number_of in (("primary", "1"), ("cursor", "2")):
            plane = device / f"planes/{kind}{n}"
            plane.mkdir()
            (plane / "type").write_text(number_of, encoding="ascii")
            (plane / "possible_crtcs/crtc").symlink_to(device / f"crtcs/crtc{n}")
        (device / f"encoders/encoder{n}/possible_crtcs/crtc").symlink_to(device / f"crtcs/crtc{n}")
        (device / f"connectors/connector{n}/possible_encoders/encoder").symlink_to(
            device / f"encoders/encoder{n}")
    before = set(pathlib.Path("/dev/dri").glob("card*"))
    (device / "enabled").write_text("1", encoding="ascii")
    subprocess.run(["udevadm", "settle"], check=True)
    return str((set(pathlib.Path("/dev/dri").glob("card*")) - before).pop())


# Scenes of any size. None of the limits is what is measured here.
GROWING = {
    "layers": (["--max-time", "100", "--limits",
                "surfaces=1000000,buffers=1000000,objects=10000000"], layers),
    "windows": ([], lambda number: processes(*[SMALL] * number)),
    "idle clients": ([], idle_clients),
    "outputs": ([], outputs),
}


def scene(name):
    """latch's options, and what goes on."""
    if name in SCENES:
        return SCENES[name]
    number, _, kind = name.partition(" ")
    options, clients = GROWING[kind]
    if kind == "outputs":
        options = ["--device", make_outputs(int(number))]
    return options, lambda: clients(int(number))


# Of each: latch's options, and what goes on.
SCENES = {
    "fullscreen": ([], lambda: processes(FULL)),
    "late callbacks": (["--pacing", "late"], lambda: processes(FULL)),
    "eight windows": ([], lambda: processes(*[SMALL] * 8)),
    # As many as find a place in one row from the middle of the screen to its lower end.
    "mixed": ([], lambda: processes(*[SMALL] * 11)),
    "composed": (["--no-scanout"], lambda: processes(*[client("--size", "320x240")] * 3)),
    "shared memory": ([], lambda: processes(client("--shm", "--size", "320x240"))),
    "pointer": ([], pointer),
    "200 idle clients": ([], lambda: idle_clients(200)),
}


def wait_for(condition, what):
    end = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < end, f"{what}: not after {LIMIT} s"
        time.sleep(0.1)


class Rows:
    """What latch.c has written so far."""

    def __init__(self, path):
        self.path = path

    def __getitem__(self, n):
        with open(self.path, "rb") as file:
            file.seek(n * ROW * 8)
            return array.array("q", file.read(ROW * 8))

    def __len__(self):
        n = 0
        while self[n][0] != 0:
            n += 1
        return n


def change(before, after):
    """From one row to a later one: the stages' and all the CPU time, and what was counted."""
    row = [b - a for a, b in zip(before, after)]
    out = {f"{name} ns": value for name, value in zip(STAGES, row[2 + len(COUNTS):])}
    out["loop ns"] = row[1] - sum(value for name, value in out.items() if name != "loop ns")
    out["total ns"] = row[1]
    out.update(zip(COUNTS, row[2:]))
    return out


def middle(values):
    """Without the tenths at both ends, and no more: a third of a pointer's flips cost 17 microseconds,
    the others nothing, and the fewer are looked at the more one of them weighs."""
    ordered = sorted(values)
    return statistics.mean(ordered[len(ordered) // 10:-(len(ordered) // 10)])


def figures(rows):
    frames = [change(a, b) for a, b in zip(rows, rows[1:])]
    return {name: (middle if name.endswith(" ns") and name != "total ns" else statistics.mean)(
        [frame[name] for frame in frames]) for name in frames[0]}


def pss_kib(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return int(next(line for line in file if line.startswith("Pss:")).split()[1])


def measure(name):
    options, clients = scene(name)
    rows = Rows(f"{work}/rows")
    with open(f"{work}/latch.log", "wb") as log:
        latch = subprocess.Popen(
            ["setarch", "-R", LATCH, "--device", os.environ["LATCH_DEVICE"], "--socket", "cost",
             "--renderer", "pixman", "--pacing", "early", *options], stdout=log, stderr=log,
            env={**os.environ, "LATCH_COST": rows.path})
    try:
        wait_for(lambda: os.path.exists(f"{os.environ['XDG_RUNTIME_DIR']}/cost"), "latch's socket")
        with clients():
            time.sleep(SETTLE)
            first = len(rows) + WARM_UP
            last = first + FRAMES
            wait_for(lambda: rows[last][0] != 0, f"{last} flips")
            memory = pss_kib(latch.pid)
        start = change([0] * ROW, rows[0])
        steady = figures([rows[n] for n in range(first, last + 1)])
    finally:
        latch.terminate()
        latch.wait()
    assert latch.returncode == 0, f"latch ended with {latch.returncode}"
    return start, {**steady, "PSS KiB": memory}


def fault_around(size):
    """How much of a file a fault maps besides its own page, as far as the kernel has it in memory
    already: then PSS would depend on who has read it before."""
    path = pathlib.Path("/sys/kernel/debug/fault_around_bytes")
    before = path.read_text(encoding="ascii")
    path.write_text(str(size), encoding="ascii")
    return int(before, 0)


def made_with():
    """What besides latch's source the figures depend on."""
    versions = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version}\\n", *PACKAGES],
                              capture_output=True, text=True, check=True).stdout
    compiler = subprocess.run([LATCH], env={**os.environ, "LATCH_COST": "compiler"}, text=True,
                              capture_output=True, check=True).stdout
    return {"compiler": compiler.strip(), "linux": os.uname().release,
            **dict(line.split() for line in versions.splitlines())}


def main(results, *names):
    global mouse
    os.environ["WAYLAND_DISPLAY"] = "cost"
    starts, scenes = [], {}
    mouse = make_mouse()
    around = fault_around(4096)
    try:
        for name in names or SCENES:
            start, scenes[name] = measure(name)
            starts.append(start)
    except AssertionError:
        subprocess.run(f"tail -n 20 {work}/*.log >&2", shell=True, check=False)
        raise
    finally:
        fault_around(around)
        os.close(mouse)
    # Of one start the time depends on what the kernel has in its memory. Whether latch sleeps
    # while the seat answers is chance.
    scenes["start"] = {name: statistics.median(start[name] for start in starts)
                       for name in ("total ns", "ioctls", "allocations")}
    with open(results, "w", encoding="utf-8") as file:
        json.dump({"made with": made_with(), "scenes": scenes}, file, indent=1)


mouse = None
if __name__ == "__main__":
    main(*sys.argv[1:])
