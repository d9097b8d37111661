/* Owners by name: see store_owner.h. */

#include "store/store_owner.h"

#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

/* getpwnam is not for threads; stores are opened before there are any. */
static int find_user(const char *user, uid_t *uid, gid_t *gid,
		     struct bk_err *err)
{
	struct passwd *pw = getpwnam(user);

	if (!pw)
		return bk_fail(err, BK_MISUSE, "owner: no user '%s'", user);
	*uid = pw->pw_uid;
	*gid = pw->pw_gid;
	return 0;
}

static int find_group(const char *group, gid_t *gid, struct bk_err *err)
{
	struct group *gr = getgrnam(group);

	if (!gr)
		return bk_fail(err, BK_MISUSE, "owner: no group '%s'", group);
	*gid = gr->gr_gid;
	return 0;
}

int bk_store_owner(const char *owner, uid_t *uid, gid_t *gid,
		   struct bk_err *err)
{
	const char *group = strchr(owner, ':');
	char *user = bk_strndup(owner, strcspn(owner, ":"));
	int rc = find_user(user, uid, gid, err);

	free(user);
	if (rc == 0 && group)
		rc = find_group(group + 1, gid, err);
	return rc;
}
