/* System flags as a Maildir's file names and as IMAP spell them. */

#ifndef BK_MAIL_FLAGS_H
#define BK_MAIL_FLAGS_H

#include <stddef.h>
#include <stdint.h>

#include "mail/message.h"

#define BK_FLAG_LETTERS_MAX 6

/* The flag that a letter behind ":2," stands for; 0 for those that are no
 * system flag's: Dovecot's keywords (a to z) and other programs' own. */
uint8_t bk_flag_of_letter(char letter);

/* The letters of the flags in ASCII order, as Maildir wants them. */
void bk_flags_letters(uint8_t flags, char out[BK_FLAG_LETTERS_MAX + 1]);

/* The flag that IMAP calls so ("\\Seen", in any case; RFC 3501, 2.3.2); 0 for
 * keywords, and for "\\Recent", which belongs to a session. */
uint8_t bk_flag_of_name(const char *name);

/* IMAP's name of one flag; of BK_FLAG_PASSED, for which IMAP has none, the
 * keyword "$Forwarded" (RFC 5788's registry); NULL for what is no flag. */
const char *bk_flag_name(uint8_t flag);

#endif
