"""Makes a customer and posts an invoice to it. Usage: first_call.py ADDRESS KEY"""
import datetime, glob, subprocess, sys, tempfile, time
import grpc

stubs = tempfile.mkdtemp()
protos = glob.glob("proto/remit/**/*.proto", recursive=True)
subprocess.run([sys.executable, "-m", "grpc_tools.protoc", "-Iproto", f"--python_out={stubs}", f"--grpc_python_out={stubs}", *protos], check=True)
sys.path.insert(0, stubs)
from remit.ledger.v1 import ledger_pb2 as pb, ledger_pb2_grpc as rpc

address, key = sys.argv[1:]
ledger = rpc.LedgerServiceStub(grpc.insecure_channel(address))
call = dict(metadata=[("authorization", f"Bearer {key}")], timeout=10)
name = f"C-{time.time_ns()}"
customer = ledger.CreateCustomer(pb.CreateCustomerRequest(customer=dict(number=name, name="First Customer")), **call)
print(ledger.PostInvoice(pb.PostInvoiceRequest(invoice=dict(
    customer_id=customer.id, number=f"R-{name}", amount=dict(currency="EUR", amount="119.00"),
    issued_on="2026-01-05", due_on=str(datetime.date.today()))), **call))
