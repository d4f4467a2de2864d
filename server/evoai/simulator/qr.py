"""QR codes (ISO/IEC 18004, byte mode, level L) as PNG, with the standard library alone."""

from __future__ import annotations

import base64
import functools
import struct
import zlib

# Level L: version -> (error words per block, [(blocks, data words each), ...], alignment centres)
VERSIONS: dict[int, tuple[int, list[tuple[int, int]], tuple[int, ...]]] = {
    4: (20, [(1, 80)], (6, 26)),
    6: (18, [(2, 68)], (6, 34)),
    9: (30, [(2, 116)], (6, 26, 46)),
    10: (18, [(2, 68), (2, 69)], (6, 28, 50)),
    12: (24, [(2, 92), (2, 93)], (6, 32, 58)),
    15: (22, [(5, 87), (1, 88)], (6, 26, 48, 70)),
}
QUIET = 4

EXP = [1] * 512
for _i in range(1, 255):
    EXP[_i] = EXP[_i - 1] << 1 ^ (0x11D if EXP[_i - 1] & 0x80 else 0)
for _i in range(255, 512):
    EXP[_i] = EXP[_i - 255]
LOG = [0] * 256
for _i in range(255):
    LOG[EXP[_i]] = _i


@functools.lru_cache(maxsize=64)
def data_uri(text: str, scale: int = 4) -> str:
    return "data:image/png;base64," + base64.b64encode(png(text, scale)).decode()


def png(text: str, scale: int = 4) -> bytes:
    """A black-and-white picture with its quiet zone; raises `ValueError` for more than 520 bytes."""
    modules = matrix(text.encode())
    size = len(modules) + 2 * QUIET
    rows = bytearray()
    for y in range(size):
        line = bytearray()
        for x in range(size):
            inside = QUIET <= y < size - QUIET and QUIET <= x < size - QUIET
            dark = inside and modules[y - QUIET][x - QUIET]
            line += (b"\x00" if dark else b"\xff") * scale
        rows += (b"\x00" + line) * scale
    head = struct.pack(">IIBBBBB", size * scale, size * scale, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(rows), 6)), (b"IEND", b""))
    out = b"\x89PNG\r\n\x1a\n"
    for name, data in chunks:
        out += struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    return out


def matrix(data: bytes) -> list[list[bool]]:
    """The modules, True for dark, without a quiet zone."""
    version = next((v for v in VERSIONS if len(data) <= capacity(v)), None)
    if version is None:
        raise ValueError("too long for a QR code")
    size = 17 + 4 * version
    grid: list[list[bool | None]] = [[None] * size for _ in range(size)]
    draw_patterns(grid, version)
    free = [(y, x) for y, x in zigzag(size) if grid[y][x] is None]
    bits = "".join(f"{word:08b}" for word in words(data, version))
    for (y, x), bit in zip(free, bits.ljust(len(free), "0"), strict=True):
        # Mask 0: every second module turns.
        grid[y][x] = (bit == "1") ^ ((y + x) % 2 == 0)
    return [[bool(cell) for cell in row] for row in grid]


def capacity(version: int) -> int:
    _, groups, _ = VERSIONS[version]
    length_bits = 8 if version < 10 else 16
    return (sum(n * k for n, k in groups) * 8 - 4 - length_bits) // 8


def words(data: bytes, version: int) -> list[int]:
    """Data and error words, interleaved block by block."""
    error_words, groups, _ = VERSIONS[version]
    total = sum(n * k for n, k in groups)
    bits = "0100" + f"{len(data):0{8 if version < 10 else 16}b}" + "".join(f"{b:08b}" for b in data) + "0000"
    bits = bits[: total * 8]
    bits += "0" * (-len(bits) % 8)
    packed = [int(bits[i : i + 8], 2) for i in range(0, len(bits), 8)]
    packed += [0xEC if i % 2 == 0 else 0x11 for i in range(total - len(packed))]
    blocks: list[list[int]] = []
    start = 0
    for count, length in groups:
        for _ in range(count):
            blocks.append(packed[start : start + length])
            start += length
    errors = [remainder(block, error_words) for block in blocks]
    longest = max(map(len, blocks))
    out = [block[i] for i in range(longest) for block in blocks if i < len(block)]
    return out + [block[i] for i in range(error_words) for block in errors]


def remainder(block: list[int], count: int) -> list[int]:
    """Reed-Solomon error words."""
    generator = [1]
    for i in range(count):
        shifted = [*generator, 0]
        for j, g in enumerate(generator):
            shifted[j + 1] ^= multiply(g, EXP[i])
        generator = shifted
    rest = [*block, *([0] * count)]
    for i in range(len(block)):
        factor = rest[i]
        if factor:
            for j, g in enumerate(generator):
                rest[i + j] ^= multiply(g, factor)
    return rest[len(block) :]


def multiply(a: int, b: int) -> int:
    return EXP[LOG[a] + LOG[b]] if a and b else 0


def zigzag(size: int) -> list[tuple[int, int]]:
    """The order in which data fills the square: pairs of columns from the right, up and down in turn."""
    out: list[tuple[int, int]] = []
    upward = True
    column = size - 1
    while column > 0:
        if column == 6:
            column -= 1
        for step in range(size):
            y = size - 1 - step if upward else step
            out += [(y, column), (y, column - 1)]
        upward = not upward
        column -= 2
    return out


def draw_patterns(grid: list[list[bool | None]], version: int) -> None:
    size = len(grid)
    for top, left in ((0, 0), (0, size - 7), (size - 7, 0)):
        for y in range(-1, 8):
            for x in range(-1, 8):
                if 0 <= top + y < size and 0 <= left + x < size:
                    ring = max(abs(y - 3), abs(x - 3))
                    grid[top + y][left + x] = ring in (0, 1, 3)
    centres = VERSIONS[version][2]
    for cy in centres:
        for cx in centres:
            if (cy, cx) in ((6, 6), (6, centres[-1]), (centres[-1], 6)):
                continue
            for y in range(-2, 3):
                for x in range(-2, 3):
                    grid[cy + y][cx + x] = max(abs(y), abs(x)) != 1
    for i in range(8, size - 8):
        grid[6][i] = grid[i][6] = i % 2 == 0
    grid[size - 8][8] = True
    draw_format(grid)
    if version >= 7:
        code = version << 12 | bch(version, 0x1F25, 12)
        for i in range(18):
            bit = bool(code >> i & 1)
            grid[i // 3][size - 11 + i % 3] = grid[size - 11 + i % 3][i // 3] = bit


def draw_format(grid: list[list[bool | None]]) -> None:
    """Level L, mask 0."""
    size = len(grid)
    code = (0b01000 << 10 | bch(0b01000, 0x537, 10)) ^ 0x5412
    for i in range(15):
        bit = bool(code >> i & 1)
        near = (i if i < 6 else i + 1, 8) if i < 8 else (8, 7 if i == 8 else 14 - i)
        grid[near[0]][near[1]] = bit
        far = (8, size - 1 - i) if i < 8 else (size - 15 + i, 8)
        grid[far[0]][far[1]] = bit


def bch(value: int, generator: int, bits: int) -> int:
    rest = value << bits
    while rest.bit_length() > bits:
        rest ^= generator << (rest.bit_length() - bits - 1)
    return rest
