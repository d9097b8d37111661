/*
 * Folders of an SMB share for tests, as tests/lib/targets.sh sets them up, and
 * what tests say of them.  What fails ends the test.
 */

#ifndef BK_TESTS_SMB_PLACE_H
#define BK_TESTS_SMB_PLACE_H

#include <stdbool.h>

#include "target/smb.h"

#define SMB_TIMEOUT_S 5

extern struct bk_err smb_err; /* of what was done last */
extern char smb_place[32];    /* the folder of this test */

/* The set-up of each test: another folder, which is not there yet. */
int smb_place_new(void **state);

void smb_done(int rc);
/* It failed like that, and `words` are in the message. */
void assert_smb_failed(int rc, enum bk_kind kind, const char *words);

/* At a URL, with a password as in crypto/password.h. */
int smb_open_as(struct bk_target **out, const char *text, const char *password,
		bool create);
/* In the place of this test, below the URL of this name. */
int smb_open_at(struct bk_target **out, const char *setting, bool create);
struct bk_target *smb_opened(const char *setting);

void smb_put(struct bk_target *target, const char *name, const char *text);
void assert_smb_holds(struct bk_target *target, const char *name,
		      const char *text);
/* `want` has the names with a blank behind each. */
void assert_smb_listed(struct bk_target *target, const char *want);
/* Is the name among the server's files? */
bool smb_on_disk(const char *name);

#endif
