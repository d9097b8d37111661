/* Owners, modes, ACLs, attributes and times: see tree_marks.h. */

#include "store/tree_marks.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/bytes.h"

#define ACCESS      "system.posix_acl_access"
#define DEFAULT     "system.posix_acl_default"
#define ACL_VERSION 2          /* linux/posix_acl_xattr.h */
#define ACL_NOBODY  UINT32_MAX /* the entry names nobody */
#define VALUE_MAX   ((size_t)64 << 10)
#define SET_IDS     (S_ISUID | S_ISGID)

struct bk_tree_owners {
	struct archive *disk; /* libarchive's tables of names */
	bool root;
};

struct bk_tree_owners *bk_tree_owners_new(void)
{
	struct bk_tree_owners *owners = bk_alloc(sizeof(*owners));

	owners->disk = archive_write_disk_new();
	owners->root = geteuid() == 0;
	if (owners->disk)
		(void)archive_write_disk_set_standard_lookup(owners->disk);
	return owners;
}

void bk_tree_owners_free(struct bk_tree_owners *owners)
{
	if (!owners)
		return;
	if (owners->disk)
		(void)archive_write_free(owners->disk);
	free(owners);
}

static uid_t user_of(struct bk_tree_owners *owners, const char *name,
		     int64_t number)
{
	if (!owners->disk || !name || !*name)
		return (uid_t)number;
	return (uid_t)archive_write_disk_uid(owners->disk, name, number);
}

static gid_t group_of(struct bk_tree_owners *owners, const char *name,
		      int64_t number)
{
	if (!owners->disk || !name || !*name)
		return (gid_t)number;
	return (gid_t)archive_write_disk_gid(owners->disk, name, number);
}

uid_t bk_tree_uid(struct bk_tree_owners *owners,
		  const struct bk_tree_entry *entry)
{
	return owners->root ? user_of(owners, entry->user, entry->uid)
			    : (uid_t)-1;
}

gid_t bk_tree_gid(struct bk_tree_owners *owners,
		  const struct bk_tree_entry *entry)
{
	return owners->root ? group_of(owners, entry->group, entry->gid)
			    : (gid_t)-1;
}

/* ---- ACLs ---- */

struct acl_entry {
	uint16_t tag, permissions;
	uint32_t id;
};

static uint16_t acl_tag(int tag)
{
	switch (tag) {
	case ARCHIVE_ENTRY_ACL_USER_OBJ:
		return 0x01;
	case ARCHIVE_ENTRY_ACL_USER:
		return 0x02;
	case ARCHIVE_ENTRY_ACL_GROUP_OBJ:
		return 0x04;
	case ARCHIVE_ENTRY_ACL_GROUP:
		return 0x08;
	case ARCHIVE_ENTRY_ACL_MASK:
		return 0x10;
	case ARCHIVE_ENTRY_ACL_OTHER:
		return 0x20;
	default:
		return 0;
	}
}

/* The order that the kernel wants. */
static int by_tag(const void *a, const void *b)
{
	const struct acl_entry *x = a, *y = b;

	if (x->tag != y->tag)
		return x->tag < y->tag ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

static uint32_t acl_id(struct bk_tree_owners *owners, uint16_t tag, int number,
		       const char *name)
{
	if (tag == 0x02)
		return user_of(owners, name, number);
	if (tag == 0x08)
		return group_of(owners, name, number);
	return ACL_NOBODY;
}

/* The entry's ACL as the kernel takes it; empty where it has none. */
static void acl_of(const struct bk_tree_entry *entry,
		   struct bk_tree_owners *owners, int which, struct bk_buf *out)
{
	struct acl_entry *list = NULL;
	size_t n = 0, cap = 0;
	int type, permissions, tag, number;
	const char *name;

	out->len = 0;
	(void)archive_entry_acl_reset(entry->about, which);
	while (archive_entry_acl_next(entry->about, which, &type, &permissions,
				      &tag, &number, &name) == ARCHIVE_OK) {
		uint16_t mine = acl_tag(tag);
		if (!mine)
			continue;
		list = bk_array_room(list, n, &cap, sizeof(*list));
		list[n++] = (struct acl_entry){
			.tag = mine,
			.permissions = (uint16_t)(permissions & 7),
			.id = acl_id(owners, mine, number, name),
		};
	}
	/* Owner, group and others alone are the mode. */
	if (which == ARCHIVE_ENTRY_ACL_TYPE_ACCESS && n <= 3)
		n = 0;
	if (n) {
		qsort(list, n, sizeof(*list), by_tag);
		bk_buf_add_u32(out, ACL_VERSION);
	}
	for (size_t i = 0; i < n; i++) {
		bk_buf_add_u16(out, list[i].tag);
		bk_buf_add_u16(out, list[i].permissions);
		bk_buf_add_u32(out, list[i].id);
	}
	free(list);
}

/* With an ACL the group's bits of the mode are those of its mask. */
static mode_t mode_of(const struct bk_tree_entry *entry,
		      const struct bk_buf *acl)
{
	for (size_t at = 4; at + 8 <= acl->len; at += 8)
		if (bk_get_u16(acl->data + at) == 0x10)
			return (entry->mode & ~(mode_t)070) |
			       (mode_t)(bk_get_u16(acl->data + at + 2) & 7)
				       << 3;
	return entry->mode;
}

static bool has_value(int fd, const char *name, const void *value, size_t len)
{
	uint8_t *have = bk_alloc(VALUE_MAX);
	ssize_t n = fgetxattr(fd, name, have, VALUE_MAX);
	bool same = len ? n >= 0 && (size_t)n == len &&
				    memcmp(have, value, len) == 0
			: n < 0;

	free(have);
	return same;
}

/* None is as good as none to take away, or a file system that has none. */
static int set_acl(int fd, const char *name, const struct bk_buf *value)
{
	if (value->len)
		return fsetxattr(fd, name, value->data, value->len, 0);
	return fremovexattr(fd, name) < 0 && errno != ENODATA &&
			       errno != EOPNOTSUPP && errno != EINVAL
		       ? -1
		       : 0;
}

/* ---- all of it ---- */

/* Keeps the first one. */
static void note(struct bk_err *soft, const char *what)
{
	int number = errno;

	if (soft->kind != BK_OK)
		return;
	errno = number;
	(void)bk_fail_errno(soft, "%s", what);
	soft->kind = BK_REFUSED;
}

static void set_attributes(int fd, const struct bk_tree_entry *entry,
			   struct bk_tree_owners *owners, struct bk_err *soft)
{
	struct bk_buf acl = {0};
	const char *name;
	const void *value;
	size_t len;

	acl_of(entry, owners, ARCHIVE_ENTRY_ACL_TYPE_ACCESS, &acl);
	if (set_acl(fd, ACCESS, &acl) < 0)
		note(soft, "ACL");
	if (entry->type == BK_TREE_FOLDER) {
		acl_of(entry, owners, ARCHIVE_ENTRY_ACL_TYPE_DEFAULT, &acl);
		if (set_acl(fd, DEFAULT, &acl) < 0)
			note(soft, "default ACL");
	}
	bk_buf_clear(&acl);
	(void)archive_entry_xattr_reset(entry->about);
	while (archive_entry_xattr_next(entry->about, &name, &value, &len) ==
	       ARCHIVE_OK)
		if (fsetxattr(fd, name, value, len, 0) < 0)
			note(soft, name);
}

/* Set-ID bits are for the owner and group that they were given to, and for
 * nobody else's file. */
static mode_t mode_for(int fd, const struct bk_tree_entry *entry,
		       struct bk_tree_owners *owners, struct bk_err *soft)
{
	struct stat st;

	if (!(entry->mode & SET_IDS))
		return entry->mode;
	if (fstat(fd, &st) == 0 &&
	    st.st_uid == user_of(owners, entry->user, entry->uid) &&
	    st.st_gid == group_of(owners, entry->group, entry->gid))
		return entry->mode;
	errno = EPERM;
	note(soft, "set-user-ID and set-group-ID");
	return entry->mode & ~(mode_t)SET_IDS;
}

int bk_tree_marks_set(int fd, const struct bk_tree_entry *entry,
		      struct bk_tree_owners *owners, struct bk_err *err)
{
	const struct timespec times[2] = {
		{.tv_nsec = UTIME_OMIT                            },
		{ .tv_sec = entry->mtime,
		 .tv_nsec = archive_entry_mtime_nsec(entry->about)},
	};
	struct bk_err soft = {0};

	/* The owner first: giving a file away takes its set-user-ID bit. */
	if (fchown(fd, bk_tree_uid(owners, entry), bk_tree_gid(owners, entry)) <
	    0)
		note(&soft, "owner");
	if (fchmod(fd, mode_for(fd, entry, owners, &soft)) < 0)
		note(&soft, "mode");
	set_attributes(fd, entry, owners, &soft);
	if (futimens(fd, times) < 0)
		note(&soft, "time");
	if (soft.kind == BK_OK)
		return 0;
	*err = soft;
	return -1;
}

static bool has_attributes(int fd, const struct bk_tree_entry *entry)
{
	const char *name;
	const void *value;
	size_t len;
	bool same = true;

	(void)archive_entry_xattr_reset(entry->about);
	while (same && archive_entry_xattr_next(entry->about, &name, &value,
						&len) == ARCHIVE_OK)
		same = fgetxattr(fd, name, NULL, 0) >= 0 &&
		       (!len || has_value(fd, name, value, len));
	return same;
}

static bool has_acls(int fd, const struct bk_tree_entry *entry, mode_t mode,
		     struct bk_tree_owners *owners)
{
	struct bk_buf acl = {0};

	acl_of(entry, owners, ARCHIVE_ENTRY_ACL_TYPE_ACCESS, &acl);
	bool same = has_value(fd, ACCESS, acl.data, acl.len) &&
		    mode_of(entry, &acl) == (mode & 07777);
	if (entry->type == BK_TREE_FOLDER) {
		acl_of(entry, owners, ARCHIVE_ENTRY_ACL_TYPE_DEFAULT, &acl);
		same &= has_value(fd, DEFAULT, acl.data, acl.len);
	}
	bk_buf_clear(&acl);
	return same;
}

bool bk_tree_marks_are(int fd, const struct bk_tree_entry *entry,
		       struct bk_tree_owners *owners)
{
	uid_t uid = bk_tree_uid(owners, entry);
	gid_t gid = bk_tree_gid(owners, entry);
	struct stat st;

	if (fstat(fd, &st) < 0)
		return false;
	if ((uid != (uid_t)-1 && uid != st.st_uid) ||
	    (gid != (gid_t)-1 && gid != st.st_gid))
		return false;
	if (st.st_mtim.tv_sec != entry->mtime ||
	    st.st_mtim.tv_nsec != archive_entry_mtime_nsec(entry->about))
		return false;
	return has_acls(fd, entry, st.st_mode, owners) &&
	       has_attributes(fd, entry);
}
