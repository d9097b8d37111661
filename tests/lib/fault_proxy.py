#!/usr/bin/python3
"""Stands between a client and a server and breaks what goes through.

    fault_proxy.py FOLDER ADDRESS SERVER PORT PORTS

listens on ADDRESS, on PORTS ports from PORT on, and hands everything on to the
same port of SERVER, so that FTP's data connections pass as well.  FOLDER/fault
says what goes wrong, in one line that may be replaced (renamed over) at any
time: WHAT N [TIMES [WORD]].  N counts bytes of one connection and one direction, from
when the line appeared; TIMES is how many connections it befalls, all without
it.

    none        nothing goes wrong
    cut N       after N bytes from the client both sides are closed
    reset N     ... both sides are reset
    stall N     ... nothing passes any more, in either direction
    flip N      the lowest bit of byte N from the client, counted from 0, flips
    kill N      piece N from the client, counted from 0 over all connections,
                does not pass: the process whose number is in FOLDER/victim is
                killed, as by kill -9; with a WORD, of pieces that begin so
    slow N      N bytes a second pass in each direction
    hold N      what the servers say is kept until nothing has come from either
                side, on any connection, for N milliseconds, and passes then:
                one round trip of all clients, however busy the machine is, or
                more than one where it stood still; never less
    down-cut N, down-reset N, down-stall N, down-flip N, down-kill N
                the same for what the server sends

FOLDER/struck gets a line for each time that something went wrong, or that what
was held passed to a client that was still there.
"""

import asyncio
import os
import signal
import socket
import struct
import sys

PIECE = 65536


class Rule:
    def __init__(self, line):
        words = line.split()
        self.what = words[0] if words else "none"
        self.n = int(words[1]) if len(words) > 1 else 0
        self.times = int(words[2]) if len(words) > 2 else sys.maxsize
        self.word = words[3].encode() if len(words) > 3 else b""
        self.pieces = 0

    def direction(self):
        return "down" if self.what.startswith("down-") else "up"

    def act(self):
        return self.what.removeprefix("down-")


class Faults:
    """The rule in force, and what it did."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "fault")
        self.log = os.path.join(folder, "struck")
        self.victim = os.path.join(folder, "victim")
        self.stamp = None
        self.rule = Rule("none")
        self.stirred = 0.0
        self.held = []
        self.release = None

    def current(self):
        try:
            stat = os.stat(self.path)
        except FileNotFoundError:
            return self.rule
        stamp = (stat.st_ino, stat.st_mtime_ns)
        if stamp != self.stamp:
            self.stamp = stamp
            with open(self.path, encoding="ascii") as file:
                self.rule = Rule(file.readline())
        return self.rule

    def strikes(self, rule, port):
        """Whether it still befalls somebody; notes that it does."""
        if rule.times <= 0:
            return False
        rule.times -= 1
        with open(self.log, "a", encoding="ascii") as file:
            file.write(f"{rule.what} {rule.n} port {port}\n")
        return True

    def stir(self):
        self.stirred = asyncio.get_running_loop().time()

    def hold(self, rule, connection, piece):
        self.stir()
        self.held.append((connection, piece))
        if not self.release:
            self.release = asyncio.create_task(self.let_go(rule))

    async def let_go(self, rule):
        now = asyncio.get_running_loop().time
        while (left := self.stirred + rule.n / 1000 - now()) > 0:
            await asyncio.sleep(left)
        held, self.held, self.release = self.held, [], None
        waiting = [on for on, _ in held if not on.left]
        if waiting:
            self.strikes(rule, waiting[0].port)
        for connection, piece in held:
            connection.ends[0][1].write(piece)


class Connection:
    def __init__(self, faults, port, client, server):
        self.faults = faults
        self.port = port
        self.ends = (client, server)
        self.stalled = False
        self.flipped = None
        self.left = False  # the client has

    async def relay(self):
        client, server = self.ends
        both = [
            asyncio.create_task(self.pipe("up", client, server)),
            asyncio.create_task(self.pipe("down", server, client)),
        ]
        try:
            await asyncio.gather(*both)
        except (OSError, EOFError):
            pass
        finally:
            for task in both:
                task.cancel()
            for _, writer in self.ends:
                writer.close()

    async def pipe(self, direction, source, sink):
        rule, passed = self.faults.current(), 0
        while piece := await source[0].read(PIECE):
            if self.faults.current() is not rule:
                rule, passed = self.faults.current(), 0
            while self.stalled:
                await asyncio.sleep(3600)
            if rule.act() == "hold":
                self.faults.stir()
                if direction == "down":
                    self.faults.hold(rule, self, piece)
                    continue
            elif rule.act() == "slow":
                await asyncio.sleep(len(piece) / max(rule.n, 1))
            elif rule.direction() == direction:
                piece = await self.strike(rule, passed, piece, sink[1])
            passed += len(piece)
            sink[1].write(piece)
            await sink[1].drain()
        self.left |= direction == "up"
        if direction == "down" and self.faults.release:
            await asyncio.shield(self.faults.release)
        sink[1].write_eof()

    async def strike(self, rule, passed, piece, sink):
        """Returns what of the piece goes on, if anything ever does."""
        left = rule.n - passed
        act = rule.act()
        if act == "kill":
            return self.kill(rule, piece)
        if act == "none" or left >= len(piece):
            return piece
        if act == "flip":
            return self.flip(rule, left, piece)
        if not self.faults.strikes(rule, self.port):
            return piece
        sink.write(piece[: max(left, 0)])
        await sink.drain()
        if act == "stall":
            self.stalled = True
            await asyncio.sleep(3600)
        if act == "reset":
            for _, writer in self.ends:
                reset(writer)
        raise EOFError(act)

    def kill(self, rule, piece):
        if not piece.startswith(rule.word):
            return piece
        rule.pieces += 1
        if rule.pieces <= rule.n or not self.faults.strikes(rule, self.port):
            return piece
        with open(self.faults.victim, encoding="ascii") as file:
            os.kill(int(file.read()), signal.SIGKILL)
        raise EOFError("kill")

    def flip(self, rule, at, piece):
        if at < 0 or self.flipped is rule:
            return piece
        self.flipped = rule
        if not self.faults.strikes(rule, self.port):
            return piece
        return piece[:at] + bytes([piece[at] ^ 1]) + piece[at + 1 :]


def reset(writer):
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, linger
    )
    writer.transport.abort()


async def serve(folder, address, server, first, count):
    faults = Faults(folder)
    here = set()  # the loop itself holds its tasks weakly

    def accept(port):
        async def accepted(*client):
            here.add(asyncio.current_task())
            try:
                beyond = await asyncio.open_connection(server, port)
                await Connection(faults, port, client, beyond).relay()
            except OSError:
                reset(client[1])
            finally:
                here.discard(asyncio.current_task())

        return accepted

    for port in range(first, first + count):
        await asyncio.start_server(accept(port), address, port)
    with open(os.path.join(folder, "run/pid"), "w", encoding="ascii") as file:
        file.write(f"{os.getpid()}\n")
    await asyncio.Event().wait()


if __name__ == "__main__":
    if len(sys.argv) != 6:
        sys.exit(__doc__)
    asyncio.run(serve(*sys.argv[1:4], int(sys.argv[4]), int(sys.argv[5])))
