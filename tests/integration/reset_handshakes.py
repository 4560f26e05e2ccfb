"""Asks for upgrades and resets each connection at once (RST, not FIN), as a flood or a crashing client does.

usage: reset_handshakes.py PORT COUNT
"""

import socket
import struct
import sys

port, count = int(sys.argv[1]), int(sys.argv[2])
head = (
    f"GET /ws/render HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Version: 13\r\n\r\n"
).encode()
for _ in range(count):
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.sendall(head)
    connection.close()
