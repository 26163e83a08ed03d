"""The customer is who the transcript says, else whom its tools looked up, else nobody is made up."""

from pathlib import Path

from pydantic import JsonValue

from console.contract.conversations import Customer
from tests.connect.lines import called, read_one, result, user


def looked_up(folder: Path, tool: str, found: str, **arguments: JsonValue) -> Customer:
    return read_one(folder, user("Hi"), called("1", tool, **arguments), result("1", found)).customer


def test_the_transcripts_customer_stands(tmp_path: Path) -> None:
    facts = {"Member since": "2019", "Order value": "189.90 EUR"}
    given: JsonValue = {"id": "c-1", "name": "Mara", "email": "mara@example.com", "phone": "+999 1", "facts": {**facts}}
    customer = read_one(tmp_path, user("Hi"), metadata={"customer": given}).customer
    assert customer.model_dump() == {
        "id": "c-1",
        "name": "Mara",
        "email": "mara@example.com",
        "phone": "+999 1",
        "facts": tuple(facts.items()),
    }


def test_a_profile_that_a_tool_found_names_the_customer(tmp_path: Path) -> None:
    found = '{"name": {"first_name": "Mia", "last_name": "Li"}, "email": "mia@example.com"}'
    customer = looked_up(tmp_path, "lookup", found, user_id="u-7")
    assert (customer.id, customer.name, customer.email) == ("u-7", "Mia Li", "mia@example.com")


def test_a_single_name_counts_only_where_it_is_a_persons(tmp_path: Path) -> None:
    assert looked_up(tmp_path, "get_customer", '{"name": "Mia Li"}').name == "Mia Li"
    assert looked_up(tmp_path, "lookup", '{"name": "Mia Li", "email": "m@example.com"}').name == "Mia Li"
    assert looked_up(tmp_path, "check_stock", '{"name": "Lofoten 2 tent"}').name.startswith("Customer ")


def test_an_id_made_of_a_name_names_the_customer(tmp_path: Path) -> None:
    customer = looked_up(tmp_path, "get_reservation", '{"user_id": "sophia_silva_7557"}')
    assert (customer.id, customer.name) == ("sophia_silva_7557", "Sophia Silva")


def test_an_unknown_customer_gets_a_short_id_and_no_name(tmp_path: Path) -> None:
    customer = read_one(tmp_path, user("Hi, I am Mia"), id="t1").customer
    assert customer.name == f"Customer {customer.id[:8]}"
    assert customer.email is None
    assert read_one(tmp_path, user("Hi, I am Mia"), id="t1").customer.id == customer.id
    assert read_one(tmp_path, user("Hi, I am Mia"), id="t2").customer.id != customer.id


def test_tool_results_that_are_no_objects_or_hold_nul_do_no_harm(tmp_path: Path) -> None:
    for found in ("[]", "nope", '{"name": 5}', '{"name": "' + "x" * 500 + '"}', '{"name": NaN}', "[" * 5000):
        assert looked_up(tmp_path, "get_customer", found).name.startswith("Customer ")
    assert looked_up(tmp_path, "get_customer", '{"name": "Mia\\u0000 Li"}').name == "Mia Li"
