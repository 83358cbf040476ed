"""The process that serves: `python -m tools.local_model.child OPTIONS`, started by `LocalServer` alone.

It prints its address when it listens, and ends when its standard input ends, so that no server outlives the process
that started it, however that one died.
"""

import os
import sys

from tools.local_model.options import ServerOptions


def serve(options: ServerOptions) -> None:
    """Serve until standard input ends."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(options.gguf)
    params.model_alias = {options.name}
    params.hostnames = [options.host]
    params.port = options.port
    params.n_ctx = options.context * options.places
    params.n_parallel = options.places
    params.cpuparams.n_threads = options.threads
    params.cpuparams_batch.n_threads = options.threads
    # A prompt computed on top of another's kept beginning rounds differently: the same question, the same answer.
    params.cache_prompt = False
    params.cache_ram_mib = 0
    params.offline = True
    params.ui = False
    params.endpoint_slots = False
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)  # noqa: T201 - how the parent learns the port
    sys.stdin.buffer.read()
    os._exit(0)  # an answer that is being written would hold up an orderly end


if __name__ == "__main__":
    serve(ServerOptions.model_validate_json(sys.argv[1]))
