#!/usr/bin/env python3
"""Sends every text back: PASSWORD=... python3 echo_bot.py HOST[:PORT] ADDRESS [HTTP]

HTTP is the address of the login service. By default, this is http://HOST:8080.
Needs Python 3.10 or later, and nothing else.
"""

import hashlib
import os
import struct
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from socket import create_connection

PRODUCT_ID, PRODUCT_KEY = "PROD0090YUAUV{2B", "YMM8C_H7KCQ2S_KL"
PENDING = 16  # The list of users who have added the account and wait for its decision.
QUIET = 300  # The bot leaves a conversation after this many seconds without messages.
MAX_CONVERSATIONS = 100


class SignedOut(Exception):
    """The account cannot sign in, or was signed out for good."""


class Connection:
    """A connection to a notification server or a switchboard: lines of words, some with a payload."""

    def __init__(self, address):
        host, _, port = address.rpartition(":")
        self.socket = create_connection((host, int(port)), timeout=60)
        self.received = b""
        self.number = 0

    def send(self, verb, *words, payload=None):
        """Sends a command with the next transaction id. The length of the payload is the last word."""
        self.number += 1
        if payload is not None:
            words = (*words, str(len(payload)))
        line = " ".join([verb, str(self.number), *words])
        self.socket.sendall(line.encode() + b"\r\n" + (payload or b""))

    def send_bare(self, verb):
        """Sends PNG or OUT, which have no transaction id."""
        self.socket.sendall(verb.encode() + b"\r\n")

    def receive(self):
        """Returns the words of the next line, and its payload. After a TimeoutError, it can be called again."""
        while True:
            line, end, rest = self.received.partition(b"\r\n")
            words = line.decode(errors="replace").split(" ")
            size = int(words[-1]) if end and words[0] in ("MSG", "UBX", "NOT", "IPG") else 0
            if end and len(rest) >= size:
                self.received = rest[size:]
                return words, rest[:size]
            data = self.socket.recv(4096)
            if not data:
                raise ConnectionError("the server has closed the connection")
            self.received += data

    def wait_for(self, *verbs):
        """Returns the words of the next line with one of these verbs. Skips other lines."""
        while True:
            words, _ = self.receive()
            if words[0] in verbs:
                return words
            if words[0].startswith("9"):  # 911: the ticket is not valid.
                raise SignedOut("the server refused the sign-in: error " + words[0])
            if words[0].isdigit() or words[0] == "OUT":
                raise ConnectionError("the server refused the sign-in for now: " + " ".join(words))


def fetch_ticket(http, address, password, policy):
    """Passport 1.4: the nexus names the login page, which gives a ticket for the password."""
    with urllib.request.urlopen(http + "/rdr/pprdr-url.asp", timeout=60) as answer:
        login = answer.headers["PassportURLs"].removeprefix("DALogin=")
    account, secret = (urllib.parse.quote(text, safe="") for text in (address, password))
    proof = f"OrgVerb=GET,OrgURL=http%3A%2F%2Fmessenger%2Emsn%2Ecom,sign-in={account},pwd={secret},{policy}"
    request = urllib.request.Request(login, headers={"Authorization": "Passport1.4 " + proof})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.headers["Authentication-Info"].partition("from-PP='")[2].partition("'")[0]
    except urllib.error.HTTPError as error:
        if error.code == 401:
            raise SignedOut("wrong password, or the account does not exist") from None
        raise


def sign_in(server, http, address, password):
    """Returns a connection to the notification server on which the account is signed in."""
    for _ in range(5):
        ns = Connection(server)
        ns.send("VER", "MSNP12", "MSNP11", "CVR0")
        if ns.wait_for("VER")[2] not in ("MSNP12", "MSNP11"):
            raise SignedOut("the server supports neither MSNP12 nor MSNP11")
        ns.send("CVR", "0x0409", "winnt", "5.1", "i386", "MSNMSGR", "7.5.0324", "MSMSGS", address)
        ns.wait_for("CVR")
        ns.send("USR", "TWN", "I", address)
        answer = ns.wait_for("USR", "XFR")
        if answer[0] == "USR":
            ticket = fetch_ticket(http, address, password, policy=answer[4])
            ns.send("USR", "TWN", "S", ticket)
            ns.wait_for("USR")
            return ns
        server = answer[3]  # A dispatch server names the notification server.
    raise SignedOut("the server redirects too often")


def synchronize(ns):
    """Fetches the contact list. Returns the users who have added the account and wait for its decision."""
    ns.send("SYN", "0", "0")
    answer = ns.wait_for("SYN")
    contacts, groups = int(answer[4]), int(answer[5])
    pending = []
    while contacts or groups:
        words, _ = ns.receive()
        if words[0] == "LSG":
            groups -= 1
        elif words[0] == "LST":
            contacts -= 1
            # LST N=address F=name C=guid lists network groups, where C=guid may be missing.
            lists = next(int(word) for word in words[1:] if "=" not in word)
            if lists & PENDING:
                pending.append(words[1].removeprefix("N="))
    return pending


def accept(ns, user):
    """Allows a user to see and call the account, and answers the request."""
    ns.send("ADC", "AL", "N=" + user)
    ns.send("ADC", "RL", "N=" + user)
    ns.send("REM", "PL", user)


def challenge_answer(challenge):
    """Returns the answer to CHL, with the algorithm of MSNP11 and later."""
    prime, digest = 0x7FFFFFFF, hashlib.md5((challenge + PRODUCT_KEY).encode()).digest()
    quarters = struct.unpack("<4I", digest)
    a, b, c, d = (quarter & 0x7FFFFFFF for quarter in quarters)
    text = (challenge + PRODUCT_ID).encode()
    text += b"0" * (-len(text) % 8)
    words = struct.unpack(f"<{len(text) // 4}I", text)
    high = low = 0
    for even, odd in zip(words[::2], words[1::2]):
        step = (a * (even * 0x0E79A9C1 % prime + high) + b) % prime
        high = (c * ((odd + step) % prime) + d) % prime
        low += high + step
    high, low = (high + b) % prime, (low + d) % prime
    keys = (high, low, high, low)
    return struct.pack("<4I", *(quarter ^ key for quarter, key in zip(quarters, keys))).hex()


def converse(address, ring):
    """Joins the conversation of an RNG, and sends every text back, until everyone has left."""
    _, session, board_address, _, cookie, *_ = ring
    try:
        board = Connection(board_address)
        board.socket.settimeout(QUIET)
        board.send("ANS", address, cookie, session)
        members = set()
        while True:
            words, payload = board.receive()
            if words[0] == "IRO":
                members.add(words[4])
            elif words[0] == "JOI":
                members.add(words[1])
            elif words[0] == "BYE":
                members.discard(words[1])
                if not members:
                    return board.send_bare("OUT")
            elif words[0] == "MSG":
                headers, blank, text = payload.partition(b"\r\n\r\n")
                if b"content-type: text/plain" in headers.lower():
                    # Repeats the headers of the question, so that the font and the character set stay.
                    board.send("MSG", "N", payload=headers + blank + text)
    except TimeoutError:
        board.send_bare("OUT")
    except OSError as error:
        print("a conversation has ended:", error, flush=True)


def serve(ns, address):
    """Handles the lines of the notification server, until it ends the session."""
    pending = synchronize(ns)
    ns.send("CHG", "NLN", "0")
    for user in pending:
        accept(ns, user)
    print(address, "is online", flush=True)
    # The server answers PNG with QNG and the seconds until the next PNG. No answer means a lost connection.
    ns.send_bare("PNG")
    next_ping, is_waiting = time.monotonic() + 60, True
    while True:
        ns.socket.settimeout(max(next_ping - time.monotonic(), 0.001))
        try:
            words, _ = ns.receive()
        except TimeoutError:
            if is_waiting:
                raise ConnectionError("the server does not answer") from None
            ns.send_bare("PNG")
            next_ping, is_waiting = time.monotonic() + 60, True
            continue
        match words:
            case ["QNG", seconds]:
                next_ping, is_waiting = time.monotonic() + max(int(seconds), 1), False
            case ["CHL", _, challenge]:
                ns.send("QRY", PRODUCT_ID, payload=challenge_answer(challenge).encode())
            case ["ADC", "0", "RL", user, *_]:
                print(user.removeprefix("N="), "has added the bot", flush=True)
                accept(ns, user.removeprefix("N="))
            case ["RNG", *_] if threading.active_count() <= MAX_CONVERSATIONS:
                threading.Thread(target=converse, args=(address, words), daemon=True).start()
            case ["OUT", "OTH"]:
                raise SignedOut("the account has signed in from another place")
            case ["OUT", "RCT", minutes]:
                print(f"the server is closed for {minutes} minutes", flush=True)
                time.sleep(60 * int(minutes))
                return
            case ["OUT", *reason]:
                raise ConnectionError(" ".join(["the server has ended the session", *reason]))


def main():
    if len(sys.argv) not in (3, 4) or "PASSWORD" not in os.environ:
        sys.exit(__doc__)
    server, address = sys.argv[1:3]
    host, _, port = server.partition(":")
    http = sys.argv[3] if len(sys.argv) == 4 else f"http://{host}:8080"
    pause = 5
    while True:
        begun = time.monotonic()
        try:
            serve(sign_in(f"{host}:{port or 1863}", http, address, os.environ["PASSWORD"]), address)
        except SignedOut as reason:
            sys.exit(str(reason))
        except OSError as error:
            print(error, flush=True)
        # The pauses get longer, so that the bot does not flood a server that has trouble.
        pause = 5 if time.monotonic() - begun > 300 else min(2 * pause, 300)
        print(f"signing in again in {pause} s", flush=True)
        time.sleep(pause)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
