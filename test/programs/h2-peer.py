"""An independent peer for RFC 8441: a client over hyper-h2, frames by hand. Arguments: port, certificate."""
import os
import socket
import ssl
import sys

import h2.config
import h2.connection
import h2.events

port, cafile = int(sys.argv[1]), sys.argv[2]
context = ssl.create_default_context(cafile=cafile)
context.set_alpn_protocols(["h2"])
raw = socket.create_connection(("127.0.0.1", port))
sock = context.wrap_socket(raw, server_hostname="localhost")
assert sock.selected_alpn_protocol() == "h2"
conn = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, header_encoding="utf-8"))
conn.initiate_connection()
sock.sendall(conn.data_to_send())
inbox = bytearray()
state = {"settings": False, "status": None, "ended": False}


def pump():
    data = sock.recv(65536)
    if not data:
        raise SystemExit("the server closed the connection")
    for event in conn.receive_data(data):
        if isinstance(event, h2.events.RemoteSettingsChanged):
            state["settings"] = event.changed_settings.get(8) is not None and event.changed_settings[8].new_value == 1
        elif isinstance(event, h2.events.ResponseReceived):
            state["status"] = dict(event.headers)[":status"]
        elif isinstance(event, h2.events.DataReceived):
            inbox.extend(event.data)
            conn.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            state["ended"] = True
    sock.sendall(conn.data_to_send())


while not state["settings"]:
    pump()
stream = conn.get_next_available_stream_id()
conn.send_headers(
    stream,
    [
        (":method", "CONNECT"),
        (":protocol", "websocket"),
        (":scheme", "https"),
        (":authority", "localhost"),
        (":path", "/"),
        ("sec-websocket-version", "13"),
    ],
)
sock.sendall(conn.data_to_send())
while state["status"] is None:
    pump()
assert state["status"] == "200", state


def frame(opcode, payload):
    mask = os.urandom(4)
    head = bytes([0x80 | opcode])
    if len(payload) < 126:
        head += bytes([0x80 | len(payload)])
    else:
        head += bytes([0xFE]) + len(payload).to_bytes(2, "big")
    return head + mask + bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))


def need(count):
    while len(inbox) < count:
        pump()
    taken = bytes(inbox[:count])
    del inbox[:count]
    return taken


def read():
    head = need(2)
    length = head[1] & 0x7F
    if length == 126:
        length = int.from_bytes(need(2), "big")
    return head[0] & 0x0F, need(length)


for opcode, payload in ((1, "häh".encode()), (2, bytes(range(256)) * 100)):
    data = frame(opcode, payload)
    for at in range(0, len(data), 10000):
        conn.send_data(stream, data[at : at + 10000])
    sock.sendall(conn.data_to_send())
    assert read() == (opcode, payload)
conn.send_data(stream, frame(8, b"\x03\xe8"))
sock.sendall(conn.data_to_send())
assert read() == (8, b"\x03\xe8")
while not state["ended"]:
    pump()
print("done")
