/* A wire to a server of the test, for tests of what goes over it. */

#ifndef BK_TESTS_LIB_WIRE_WORLD_H
#define BK_TESTS_LIB_WIRE_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/wire.h"

#define MIB ((size_t)1 << 20)

/* What the test has open. */
struct wire_world {
	struct bk_access access; /* clear text, a time-out of 1 s */
	struct bk_wire *wire;
	struct bk_err err;
};
extern struct wire_world world;

/* Logs in at a server that then calls speaks(connection), with buffers so small
 * that each side has to wait for the other. */
void wire_world_begin(void (*speaks)(int fd));
void wire_world_end(void);

/* Bytes that follow from their places. */
void wire_made(uint8_t *into, size_t at, size_t n);
bool wire_is_made(const uint8_t *bytes, size_t at, size_t n);
/* Sends n of them, from the first on. */
bool wire_pour(int fd, size_t n);
bool wire_send_all(int fd, const uint8_t *bytes, size_t n);

/* Sends 8 MiB in random pieces, which the server echoes, and checks them. */
void wire_goes_round(uint64_t seed);

#endif
