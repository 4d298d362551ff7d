"""Writes ``libopus_abi.py`` anew: what we call of libopus, parsed once, since to parse C takes longer than to load it.

python -m media.codecs.declare_libopus
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cffi import FFI

FILE: Final = Path(__file__).with_name("libopus_abi.py")

_DECLARATIONS: Final = """
typedef struct OpusEncoder OpusEncoder;
typedef struct OpusDecoder OpusDecoder;
OpusEncoder *opus_encoder_create(int32_t rate, int channels, int application, int *error);
void opus_encoder_destroy(OpusEncoder *);
int opus_encoder_get_size(int channels);
int opus_encoder_ctl(OpusEncoder *, int request, ...);
int32_t opus_encode(OpusEncoder *, const int16_t *pcm, int samples, unsigned char *data, int32_t octets);
OpusDecoder *opus_decoder_create(int32_t rate, int channels, int *error);
void opus_decoder_destroy(OpusDecoder *);
int opus_decode(OpusDecoder *, const unsigned char *data, int32_t octets, int16_t *pcm, int samples, int fec);
"""


def write(file: Path) -> None:
    """Python that makes the same of it as ``FFI.cdef`` would."""
    declared = FFI()
    declared.cdef(_DECLARATIONS)
    declared.set_source(f"media.codecs.{FILE.stem}", None)
    declared.emit_python_code(str(file))


if __name__ == "__main__":
    write(FILE)
