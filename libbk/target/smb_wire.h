/*
 * What smb.c and its children say to each other.  libsmbclient cannot be used
 * by two threads and brings some eighty libraries along, so it lives in a
 * program of its own, bk-smb; each act under way has a process of it.
 *
 * There are two ways between the two.  Messages go over a socket that keeps
 * them apart (SOCK_SEQPACKET): one byte for the type, then the fields below in
 * the encoding of base/buf.h.  The bytes of blobs lie in memory that both have
 * mapped, BK_SMB_SLOTS slots that are used in turn: who filled one says
 * FULL, who emptied it says FREE.  So blobs are not copied through the kernel,
 * and either side works ahead without threads.  No length is believed: each
 * side checks what the other says against the slot and what is outstanding.
 *
 *	request         fields                       answers
 *	BK_SMB_OPEN     u8 version, u8 create, u32   DONE
 *	                timeout_ms, u16 port, strings
 *	                host, share, dir, domain,
 *	                user; blob password
 *	BK_SMB_LIST     string folder                ENTRIES..., DONE
 *	BK_SMB_STAT     string name                  NUMBER: bytes
 *	BK_SMB_CLOCK    string name of a part to     NUMBER: seconds, UTC
 *	                touch; it is removed
 *	BK_SMB_REMOVE   string name                  DONE
 *	BK_SMB_GET      string name, u64 offset,     FULL..., DONE
 *	                u64 len; then FREE...
 *	BK_SMB_PUT      string name; then            DONE, FREE...,
 *	                FULL..., COMMIT or ABORT     DONE
 *
 *	BK_SMB_FULL     u32 len
 *	BK_SMB_FREE     -
 *	BK_SMB_COMMIT   u64 length
 *	BK_SMB_ABORT    -
 *	BK_SMB_DONE     -
 *	BK_SMB_NUMBER   u64 number
 *	BK_SMB_ENTRIES  for each: u8 is_folder, u64 size, zigzag mtime, string
 *	BK_SMB_FAILED   u8 kind, string text; any answer may be this one
 *
 * A child takes the next request after a FAILED, unless it was about a PUT or
 * a GET that had begun to move bytes: then nothing but the end of the socket.
 * That is the end of the child at any time.
 */

#ifndef BK_TARGET_SMB_WIRE_H
#define BK_TARGET_SMB_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cursor.h"
#include "base/err.h"

#define BK_SMB_VERSION 1

/* The descriptors of a child: the two ways. */
#define BK_SMB_SOCKET_FD   3
#define BK_SMB_SLOTS_FD    4

#define BK_SMB_MESSAGE_MAX ((size_t)65536)
#define BK_SMB_SLOT        ((size_t)1 << 20) /* bytes */
#define BK_SMB_SLOTS       4u

/* A put writes NAME.part; where a connection that broke still holds that, it is
 * NAME.1.part and so on. */
#define BK_SMB_MORE_PARTS 3

enum bk_smb_type {
	BK_SMB_OPEN = 1,
	BK_SMB_LIST,
	BK_SMB_STAT,
	BK_SMB_CLOCK,
	BK_SMB_REMOVE,
	BK_SMB_GET,
	BK_SMB_PUT,
	BK_SMB_COMMIT,
	BK_SMB_ABORT,
	BK_SMB_FULL,
	BK_SMB_FREE,
	BK_SMB_DONE,
	BK_SMB_NUMBER,
	BK_SMB_ENTRIES,
	BK_SMB_FAILED,
};

/* One end of the socket, and the message that came last. */
struct bk_smb_wire {
	int fd;
	int timeout_ms; /* for the other side to say or take something; -1:
			   for ever */
	uint8_t *room;  /* BK_SMB_MESSAGE_MAX bytes, the caller's */
};

/* Sends what is in the buffer as one message, and empties it.  BK_LOST when
 * the other side is not there or takes nothing in time. */
int bk_smb_send(struct bk_smb_wire *wire, struct bk_buf *message,
		struct bk_err *err);
/* A message without fields. */
int bk_smb_say(struct bk_smb_wire *wire, enum bk_smb_type type,
	       struct bk_err *err);

/*
 * The next message: 1, 0 when the other side is gone, -1.  The fields are read
 * from *fields and live until the next call.  BK_LOST when nothing came in
 * time; BK_CANCELLED when we are asked to stop and nothing came within a few
 * seconds: an orderly end is worth that.
 */
int bk_smb_receive(struct bk_smb_wire *wire, enum bk_smb_type *type,
		   struct bk_cursor *fields, struct bk_err *err);

#endif
