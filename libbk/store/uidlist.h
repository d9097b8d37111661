/*
 * Dovecot's dovecot-uidlist, versions 1 to 3, and Courier's courierimapuiddb,
 * which is version 1:
 *
 *	3 V1795293821 N26 G71fa411c7b02026bba7e000083ecc375
 *	25 W3134 Pabc :1795293819.M483217P32442.vm,S=18,W=21
 *
 *	1 1795293821 26
 *	25 1795293819.M483217P32442.vm,S=18:2,S
 *
 * V is UIDVALIDITY, N UIDNEXT, G the folder's GUID.  A line may have fields
 * before the name: W and S are sizes, P a POP3 UIDL, G a message's GUID, O its
 * place in POP3's order.  The file is appended to while the server lives and
 * replaced as a whole from time to time: UIDNEXT is the larger of N and the
 * last UID + 1, and a last line without its end is not there yet.
 */

#ifndef BK_STORE_UIDLIST_H
#define BK_STORE_UIDLIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define BK_UIDLIST_NAME    "dovecot-uidlist"
#define BK_UIDLIST_COURIER "courierimapuiddb"

struct bk_uidlist_header {
	uint32_t uid_validity;
	uint32_t uid_next; /* final once every row was read */
	uint8_t guid[16];
	bool has_guid;
};

/* One line; the views live until the next call. */
struct bk_uidlist_row {
	uint32_t uid;
	struct bk_view base;   /* the name up to its first ':' */
	struct bk_view fields; /* "W3134 Pabc", maybe empty */
};

/* Reads a list a line at a time: memory does not grow with the folder. */
struct bk_uidlist_reader {
	struct bk_uidlist_header header;
	size_t n_bad; /* lines that made no sense and were passed over */
	int fd;       /* the reader's own */
	int version;
	uint32_t last_uid;
	struct bk_buf buf;
	size_t at;   /* what of buf has been used */
	size_t step; /* so much is read at a time */
	bool at_end;
};

/*
 * Opens the list `name` in folder `dir`: 1, or 0 when there is none or its
 * header is broken (a server gives out new UIDs then, and so do we), or -1.
 */
int bk_uidlist_open(struct bk_uidlist_reader *reader, int dir, const char *name,
		    struct bk_err *err);

/* UIDs ascend strictly.  1, 0 at the end, or -1. */
int bk_uidlist_next(struct bk_uidlist_reader *reader,
		    struct bk_uidlist_row *row, struct bk_err *err);
void bk_uidlist_close(struct bk_uidlist_reader *reader);

/* Appends the first line of a list of version 3 or, for Courier, 1. */
void bk_uidlist_add_header(struct bk_buf *out,
			   const struct bk_uidlist_header *header,
			   bool courier);
/* Appends a line: of ascending UIDs, with a base name that holds no '\n'. */
void bk_uidlist_add_row(struct bk_buf *out, const struct bk_uidlist_row *row,
			bool courier);

/* The value of the field `key` of a row, empty if it has none. */
struct bk_view bk_uidlist_field(struct bk_view fields, char key);

#endif
