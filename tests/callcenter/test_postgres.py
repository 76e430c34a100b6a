import pytest
from django.db import connection


@pytest.mark.django_db
def test_db():
    with connection.cursor() as c:
        c.execute("show fsync")
        assert c.fetchone() == ("off",)
        c.execute("select current_database()")
        assert "test_callcenter_" in c.fetchone()[0]
