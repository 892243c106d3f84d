"""Makes a customer and reads it back. Usage: first_call.py ADDRESS KEY"""
import glob, subprocess, sys, tempfile, time
import grpc

stubs = tempfile.mkdtemp()
protos = glob.glob("proto/remit/**/*.proto", recursive=True)
subprocess.run([sys.executable, "-m", "grpc_tools.protoc", "-Iproto", f"--python_out={stubs}", f"--grpc_python_out={stubs}", *protos], check=True)
sys.path.insert(0, stubs)
from remit.ledger.v1 import ledger_pb2 as pb, ledger_pb2_grpc as rpc

address, key = sys.argv[1:]
ledger = rpc.LedgerServiceStub(grpc.insecure_channel(address))
metadata = [("authorization", f"Bearer {key}")]
made = ledger.CreateCustomer(
    pb.CreateCustomerRequest(customer=pb.Customer(number=f"C-{time.time_ns()}", name="First Customer")), metadata=metadata, timeout=10)
print(ledger.GetCustomer(pb.GetCustomerRequest(id=made.id), metadata=metadata, timeout=10))
