"""paced_client.py PORT CLIENTS SECONDS: each client asks for a list, waits ~15 ms, asks again; prints how long answers took.
Own process and raw sockets, so that what is measured is the server, not the asking."""
import json
import random
import socket
import sys
import threading
import time

port, clients, seconds = (int(word) for word in sys.argv[1:])
request = b"GET /api/v1/runs?limit=5 HTTP/1.1\r\nHost: localhost\r\n\r\n"
times = []


def client(seed):
    pause = random.Random(seed)
    end = time.monotonic() + seconds
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while time.monotonic() < end:
            started = time.monotonic()
            connection.sendall(request)
            data = connection.recv(65536)
            head, _, body = data.partition(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            while len(body) < length:
                body += connection.recv(65536)
            times.append(time.monotonic() - started)
            time.sleep(pause.uniform(.01, .02))


threads = [threading.Thread(target=client, args=(n,)) for n in range(clients)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
times.sort()
print(json.dumps({"requests": len(times), "median_ms": 1e3 * times[len(times) // 2], "p99_ms": 1e3 * times[int(.99 * len(times))],
                  "worst_ms": 1e3 * times[-1]}))
