"""The exchange of exchange.ts with Python's websockets: `client URL`, or `server`, which prints its port."""

import asyncio
import json
import sys

import websockets

SUBPROTOCOLS = ["other.test", "echo.test"]
LENGTHS = [0, 5, 125, 126, 65535, 65536]
UNICODE = "Grüße, 𝄞"
BINARY = bytes(((i * 31) ^ (i >> 8)) & 0xFF for i in range(1 << 20))


async def until_closed(socket):
    try:
        while True:
            await socket.recv()
    except websockets.ConnectionClosed:
        return socket.close_code, socket.close_reason


async def client(url):
    echoed = []
    async with websockets.connect(url + "/echo", subprotocols=SUBPROTOCOLS) as socket:
        for length in LENGTHS:
            await socket.send("x" * length)
            if await socket.recv() == "x" * length:
                echoed.append(f"text {length}")
        await socket.send(UNICODE)
        if await socket.recv() == UNICODE:
            echoed.append("unicode")
        await socket.send(BINARY)
        if await socket.recv() == BINARY:
            echoed.append("binary 1 MiB")
        await (await socket.ping(b"payload"))
        echoed.append("pong")
        await socket.send(["in ", "", "parts"])
        if await socket.recv() == "in parts":
            echoed.append("fragments")
        await socket.close(3001, "done")
        subprotocol = socket.subprotocol
        closed = {"code": socket.close_code, "reason": socket.close_reason}

    async with websockets.connect(url + "/goodbye") as socket:
        text = await socket.recv()
        code, reason = await until_closed(socket)
        goodbye = {"text": text, "code": code, "reason": reason}

    async with websockets.connect(url + "/ping") as socket:
        text = await socket.recv()
        code, _ = await until_closed(socket)
        ping = {"text": text, "code": code}

    report = {"subprotocol": subprotocol, "echoed": echoed, "closed": closed, "goodbye": goodbye, "ping": ping}
    print(json.dumps(report), flush=True)


async def serve(socket, path):
    if path == "/goodbye":
        await socket.send("goodbye")
        await socket.close(4002, "go away")
    elif path == "/ping":
        await (await socket.ping(b"payload"))
        await socket.send("ponged")
        await socket.close(1000)
    else:
        async for message in socket:
            await socket.send(message)


async def server():
    async with websockets.serve(serve, "127.0.0.1", 0, subprotocols=["echo.test"]) as listening:
        print("port", listening.sockets[0].getsockname()[1], flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


asyncio.run(client(sys.argv[2]) if sys.argv[1] == "client" else server())
