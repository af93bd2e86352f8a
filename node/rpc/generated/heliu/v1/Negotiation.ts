// Original file: proto/heliu/v1/negotiation.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { Ack as _heliu_v1_Ack, Ack__Output as _heliu_v1_Ack__Output } from '../../heliu/v1/Ack.ts';
import type { Message as _heliu_v1_Message, Message__Output as _heliu_v1_Message__Output } from '../../heliu/v1/Message.ts';

export interface NegotiationClient extends grpc.Client {
  Deliver(argument: _heliu_v1_Message, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  Deliver(argument: _heliu_v1_Message, metadata: grpc.Metadata, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  Deliver(argument: _heliu_v1_Message, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  Deliver(argument: _heliu_v1_Message, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  deliver(argument: _heliu_v1_Message, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  deliver(argument: _heliu_v1_Message, metadata: grpc.Metadata, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  deliver(argument: _heliu_v1_Message, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  deliver(argument: _heliu_v1_Message, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  
  DeliverObjection(argument: _heliu_v1_Message, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  DeliverObjection(argument: _heliu_v1_Message, metadata: grpc.Metadata, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  DeliverObjection(argument: _heliu_v1_Message, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  DeliverObjection(argument: _heliu_v1_Message, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  deliverObjection(argument: _heliu_v1_Message, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  deliverObjection(argument: _heliu_v1_Message, metadata: grpc.Metadata, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  deliverObjection(argument: _heliu_v1_Message, options: grpc.CallOptions, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  deliverObjection(argument: _heliu_v1_Message, callback: grpc.requestCallback<_heliu_v1_Ack__Output>): grpc.ClientUnaryCall;
  
}

export interface NegotiationHandlers extends grpc.UntypedServiceImplementation {
  Deliver: grpc.handleUnaryCall<_heliu_v1_Message__Output, _heliu_v1_Ack>;
  
  DeliverObjection: grpc.handleUnaryCall<_heliu_v1_Message__Output, _heliu_v1_Ack>;
  
}

export interface NegotiationDefinition extends grpc.ServiceDefinition {
  Deliver: MethodDefinition<_heliu_v1_Message, _heliu_v1_Ack, _heliu_v1_Message__Output, _heliu_v1_Ack__Output>
  DeliverObjection: MethodDefinition<_heliu_v1_Message, _heliu_v1_Ack, _heliu_v1_Message__Output, _heliu_v1_Ack__Output>
}
