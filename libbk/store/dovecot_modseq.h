/*
 * HIGHESTMODSEQ of a restored folder.
 *
 * Dovecot keeps mod-sequences in its index alone, so a folder restored with its
 * old UIDVALIDITY and without an index would start from 1 again, and a client
 * that asks for changes since 4711 (RFC 7162) would be shown none: its cache
 * would go on showing the past.  A transaction log that is empty but for its
 * header can say where counting starts; we let it start at the time in
 * microseconds, which no counter of changes has ever reached.
 */

#ifndef BK_STORE_DOVECOT_MODSEQ_H
#define BK_STORE_DOVECOT_MODSEQ_H

#include <stdint.h>

#include "base/err.h"
#include "base/file.h"

#define BK_DOVECOT_LOG "dovecot.index.log"

/*
 * Makes HIGHESTMODSEQ higher than `floor` and than anything this folder has
 * given out.  `dir` is where the folder's index lies; Dovecot must be able to
 * read and write what we leave there, so `owner` is the folder's.  An index
 * that is there is replaced as Dovecot itself resets one: sessions that have
 * the folder open are told and disconnected, and Dovecot reads flags and UIDs
 * from the files again; so this comes before them, under the lock of
 * dovecot-uidlist.  A log that is as this left it, far above the floor, has
 * been nobody's yet, and stays.
 */
int bk_dovecot_modseq_raise(int dir, uint64_t floor,
			    const struct bk_file_owner *owner,
			    struct bk_err *err);

#endif
