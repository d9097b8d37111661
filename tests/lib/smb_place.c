/* Folders of an SMB share for tests: see smb_place.h. */

#include "lib/smb_place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/test.h"

struct bk_err smb_err;
char smb_place[32];

int smb_place_new(void **state)
{
	static unsigned number;

	(void)state;
	smb_err = (struct bk_err){0};
	(void)snprintf(smb_place, sizeof(smb_place), "place%d-%u",
		       (int)getpid(), ++number);
	return 0;
}

void smb_done(int rc)
{
	if (rc < 0)
		fail_msg("%s", smb_err.text);
}

void assert_smb_failed(int rc, enum bk_kind kind, const char *words)
{
	assert_int_equal(rc, -1);
	if (smb_err.kind != kind || !strstr(smb_err.text, words) ||
	    !strstr(smb_err.text, "smb://"))
		fail_msg("kind %d: %s", (int)smb_err.kind, smb_err.text);
	if (strstr(smb_err.text, "swordfish"))
		fail_msg("a secret: %s", smb_err.text);
	smb_err = (struct bk_err){0};
}

int smb_open_as(struct bk_target **out, const char *text, const char *password,
		bool create)
{
	struct bk_access access = {.password = password,
				   .timeout_s = SMB_TIMEOUT_S};
	struct bk_url url = {0};

	smb_done(bk_url_parse(&url, text, &smb_err));
	int rc = bk_smb_open(out, &url, &access, create, &smb_err);
	bk_url_clear(&url);
	return rc;
}

int smb_open_at(struct bk_target **out, const char *setting, bool create)
{
	char *text = bk_asprintf("%s/%s", getenv(setting), smb_place);
	char *password =
		bk_asprintf("file:%s", getenv("BK_TEST_PASSWORD_FILE"));
	int rc = smb_open_as(out, text, password, create);

	free(text);
	free(password);
	return rc;
}

struct bk_target *smb_opened(const char *setting)
{
	struct bk_target *target = NULL;

	smb_done(smb_open_at(&target, setting, true));
	return target;
}

void smb_put(struct bk_target *target, const char *name, const char *text)
{
	struct bk_view bytes = {(const uint8_t *)text, strlen(text)};

	smb_done(bk_target_put(target, name, bytes, &smb_err));
}

void assert_smb_holds(struct bk_target *target, const char *name,
		      const char *text)
{
	struct bk_buf got = {0};

	smb_done(bk_target_read(target, name, 0, strlen(text), &got, &smb_err));
	assert_string_equal(bk_buf_text(&got), text);
	bk_buf_clear(&got);
}

void assert_smb_listed(struct bk_target *target, const char *want)
{
	struct bk_blob_list list = {0};
	struct bk_buf names = {0};

	smb_done(bk_target_list(target, "", &list, &smb_err));
	for (size_t i = 0; i < list.n; i++)
		bk_buf_printf(&names, "%s ", list.items[i].name);
	assert_string_equal(bk_buf_text(&names), want);
	bk_buf_clear(&names);
	bk_blob_list_clear(&list);
}

bool smb_on_disk(const char *name)
{
	char *path = bk_asprintf("%s/%s/%s", getenv("BK_TEST_SMB_DIR"),
				 smb_place, name);
	bool there = access(path, F_OK) == 0;

	free(path);
	return there;
}
