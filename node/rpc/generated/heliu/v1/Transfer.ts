// Original file: proto/heliu/v1/transfer.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { Ack as _heliu_v1_Ack, Ack__Output as _heliu_v1_Ack__Output } from '../../heliu/v1/Ack.ts';
import type { Frame as _heliu_v1_Frame, Frame__Output as _heliu_v1_Frame__Output } from '../../heliu/v1/Frame.ts';
import type { InvokeAnswer as _heliu_v1_InvokeAnswer, InvokeAnswer__Output as _heliu_v1_InvokeAnswer__Output } from '../../heliu/v1/InvokeAnswer.ts';
import type { InvokeRequest as _heliu_v1_InvokeRequest, InvokeRequest__Output as _heliu_v1_InvokeRequest__Output } from '../../heliu/v1/InvokeRequest.ts';
import type { Message as _heliu_v1_Message, Message__Output as _heliu_v1_Message__Output } from '../../heliu/v1/Message.ts';
import type { PullControl as _heliu_v1_PullControl, PullControl__Output as _heliu_v1_PullControl__Output } from '../../heliu/v1/PullControl.ts';

export interface TransferClient extends grpc.Client {
  Deliver(argument: _heliu_v1_Message, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  Deliver(argument: _heliu_v1_Message, metadata: grpc.Metadata, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  Deliver(argument: _heliu_v1_Message, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  Deliver(argument: _heliu_v1_Message, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  deliver(argument: _heliu_v1_Message, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  deliver(argument: _heliu_v1_Message, metadata: grpc.Metadata, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  deliver(argument: _heliu_v1_Message, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  deliver(argument: _heliu_v1_Message, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  
  Invoke(argument: _heliu_v1_InvokeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_InvokeAnswer__Output>): grpc.ClientUnaryCall;
  Invoke(argument: _heliu_v1_InvokeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_heliu_v1_InvokeAnswer__Output>): grpc.ClientUnaryCall;
  Invoke(argument: _heliu_v1_InvokeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_InvokeAnswer__Output>): grpc.ClientUnaryCall;
  Invoke(argument: _heliu_v1_InvokeRequest, callback: grpc.requestCallback<_heliu_v1_InvokeAnswer__Output>): grpc.ClientUnaryCall;
  invoke(argument: _heliu_v1_InvokeRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_InvokeAnswer__Output>): grpc.ClientUnaryCall;
  invoke(argument: _heliu_v1_InvokeRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_heliu_v1_InvokeAnswer__Output>): grpc.ClientUnaryCall;
  invoke(argument: _heliu_v1_InvokeRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_InvokeAnswer__Output>): grpc.ClientUnaryCall;
  invoke(argument: _heliu_v1_InvokeRequest, callback: grpc.requestCallback<_heliu_v1_InvokeAnswer__Output>): grpc.ClientUnaryCall;
  
  Pull(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_heliu_v1_PullControl, _heliu_v1_Frame__Output>;
  Pull(options?: grpc.CallOptions): grpc.ClientDuplexStream<_heliu_v1_PullControl, _heliu_v1_Frame__Output>;
  pull(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_heliu_v1_PullControl, _heliu_v1_Frame__Output>;
  pull(options?: grpc.CallOptions): grpc.ClientDuplexStream<_heliu_v1_PullControl, _heliu_v1_Frame__Output>;
  
}

export interface TransferHandlers extends grpc.UntypedServiceImplementation {
  Deliver: grpc.handleUnaryCall<_heliu_v1_Message__Output, _heliu_v1_Ack>;
  
  Invoke: grpc.handleUnaryCall<_heliu_v1_InvokeRequest__Output, _heliu_v1_InvokeAnswer>;
  
  Pull: grpc.handleBidiStreamingCall<_heliu_v1_PullControl__Output, _heliu_v1_Frame>;
  
}

export interface TransferDefinition extends grpc.ServiceDefinition {
  Deliver: MethodDefinition<_heliu_v1_Message, _heliu_v1_Ack, _heliu_v1_Message__Output, _heliu_v1_Ack__Output>
  Invoke: MethodDefinition<_heliu_v1_InvokeRequest, _heliu_v1_InvokeAnswer, _heliu_v1_InvokeRequest__Output, _heliu_v1_InvokeAnswer__Output>
  Pull: MethodDefinition<_heliu_v1_PullControl, _heliu_v1_Frame, _heliu_v1_PullControl__Output, _heliu_v1_Frame__Output>
}
