"""Runs a program on a pseudo-terminal: stdin is what is typed, stdout what the terminal gets.

Usage: terminal.py ROWS COLUMNS PROGRAM ARGUMENT...
"""
import fcntl, os, pty, select, struct, sys, termios

rows, columns = int(sys.argv[1]), int(sys.argv[2])
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    os.execvp(sys.argv[3], sys.argv[3:])
inputs = [0, terminal]
while terminal in inputs:
    for ready in select.select(inputs, [], [])[0]:
        try:
            data = os.read(ready, 65536)
        except OSError:  # the program has gone
            data = b""
        if not data:
            inputs.remove(ready)
        elif ready == 0:
            os.write(terminal, data)
        else:
            os.write(1, data)
_, status = os.waitpid(pid, 0)
sys.exit(os.waitstatus_to_exitcode(status) & 127)
