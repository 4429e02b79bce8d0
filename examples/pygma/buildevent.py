"""pyGMA's first sample: building an Event object."""

from gma_twisted.pygma import event

e = event.Event("App")
e.add(event.EventField("Program", value="GridFTP"))
e.add(event.EventField("Bandwidth", value=100.0, units="Mb/s"))

if __name__ == "__main__":
    for field in e.fields:
        print(e.name, field.name, field.value, field.units)
