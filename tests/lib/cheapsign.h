/*
 * Signatures that cost nothing, for tests which read thousands of signed files
 * and are about something else: in a program that calls cheapsign_use(), the
 * Ed25519 of libsodium is replaced by a sum that anybody could make.
 */

#ifndef BK_TESTS_CHEAPSIGN_H
#define BK_TESTS_CHEAPSIGN_H

/* Does nothing: to mention it links the replacement. */
void cheapsign_use(void);

#endif
