"""What the figures in the README are made by: `python -m benchmarks`.

Every line is measured against a floor in the same run, ours and floor in turn, and told as a ratio. The floors:

    F1  a bare Tornado WebSocket server that sends one prepared payload to as many clients
    F2  sqlite3, WAL, batches of 100 rows that are built already: the columns and indexes of our events
    F3  a handler of Jupyter Server that does nothing, authenticated and authorized, in the same process
    F4  the same `jupyter server` without the extension
    F5  jupyter_client driving a kernel directly
"""
