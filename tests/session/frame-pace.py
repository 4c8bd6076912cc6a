#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Shows frames by SDL3 with a renderer and vsync (0 or 1), and prints how many seconds they took.

    frame-pace.py RENDERER VSYNC FRAMES

SDL3 is used without its headers or a binding: what is called here is part of its stable interface.
Exit status 77: there is no SDL3, or not this renderer.
"""
import ctypes
import sys
import time

SDL_INIT_VIDEO = 0x20


def main():
    renderer, vsync, frames = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    try:
        sdl = ctypes.CDLL("libSDL3.so.0")
    except OSError:
        sys.exit(77)
    for name in ("SDL_Init", "SDL_SetRenderVSync", "SDL_PollEvent", "SDL_RenderPresent"):
        getattr(sdl, name).restype = ctypes.c_bool
    for name in ("SDL_CreateWindow", "SDL_CreateRenderer"):
        getattr(sdl, name).restype = ctypes.c_void_p
    sdl.SDL_GetError.restype = ctypes.c_char_p
    sdl.SDL_CreateWindow.argtypes = [ctypes.c_char_p, ctypes.c_int, ctypes.c_int, ctypes.c_uint64]
    sdl.SDL_CreateRenderer.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    sdl.SDL_SetRenderVSync.argtypes = [ctypes.c_void_p, ctypes.c_int]
    sdl.SDL_PollEvent.argtypes = sdl.SDL_RenderPresent.argtypes = [ctypes.c_void_p]
    sdl.SDL_RenderClear.argtypes = [ctypes.c_void_p]

    if not sdl.SDL_Init(SDL_INIT_VIDEO):
        sys.exit(f"SDL_Init: {sdl.SDL_GetError().decode()}")
    window = sdl.SDL_CreateWindow(b"frame-pace", 320, 240, 0)
    target = window and sdl.SDL_CreateRenderer(window, renderer.encode())
    if not target or not sdl.SDL_SetRenderVSync(target, vsync):
        print(sdl.SDL_GetError().decode())
        sys.exit(77)
    event = ctypes.create_string_buffer(256)
    start = time.monotonic()
    for _ in range(frames):
        while sdl.SDL_PollEvent(event):
            pass
        sdl.SDL_RenderClear(target)
        sdl.SDL_RenderPresent(target)
    print(f"{time.monotonic() - start:.3f}")


main()
